#include "samplers/surrogate/cma_runs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/numerics/normal.h"

namespace sweepjob {
namespace {

// Beyond, a step is so small that the axis is as good as real-valued.
constexpr std::uint64_t kMostLimits = 4096;
// Coordinates drawn for one point that is to lie inside the box; then the last draw is clipped to
// it. So many for 20 dimensions or fewer, and ten draws for any number of them.
constexpr std::size_t kDrawnCoordinates = 2'000;
constexpr std::size_t kMostDraws = 100;
constexpr std::size_t kFewestDraws = 10;
// A start from known results: the share that counts as good, how wide each spreads, and how many
// good ones it takes (M. Nomura et al., "Warm starting CMA-ES", AAAI 2021).
constexpr double kGoodShare = 0.1;
constexpr double kSpreadOfGood = 0.1;
constexpr std::size_t kFewestGood = 2;
// A generation's size never exceeds this many times the first one.
constexpr double kLargestGrowth = 1000;

double clipped_quantile(double u) { return normal_quantile(std::clamp(u, 0x1p-53, 1 - 0x1p-53)); }

}  // namespace

CmaRuns::CmaRuns(const Encoding& encoding, Settings settings, std::uint64_t seed,
                 const std::vector<News>& known)
    : encoding_(&encoding), settings_(std::move(settings)), rng_(seed) {
  std::size_t steps = 0;
  for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
    const Axis& own = encoding.axes()[axis];
    if (own.is_constant()) continue;
    if (own.kind == Axis::Kind::Categories) {
      choices_.push_back(axis);
    } else {
      numeric_.push_back(axis);
      limits_.push_back(settings_.with_margin ? limits_of(axis) : std::vector<double>());
      if (own.kind == Axis::Kind::Steps) ++steps;
    }
  }
  const std::size_t dimensions = numeric_.size() + choices_.size();
  if (dimensions <= SobolSequence::kMaxDimensions) sequence_.emplace(dimensions);
  first_lambda_ = lambda_ = settings_.popsize;
  if (!choices_.empty()) {
    std::vector<std::size_t> counts;
    for (const std::size_t axis : choices_) counts.push_back(encoding.axes()[axis].count);
    categories_.emplace(std::move(counts), choices_.size() + steps);
  }
  start_from(known);
  start_generation();
}

std::vector<double> CmaRuns::limits_of(std::size_t axis) const {
  const Axis& own = encoding_->axes()[axis];
  std::vector<double> limits;
  if (own.kind != Axis::Kind::Steps || own.count < 2 || own.count > kMostLimits) return limits;
  for (std::uint64_t step = 1; step < own.count; ++step) {
    limits.push_back(encoding_->step_range(axis, step).first);
  }
  return limits;
}

std::uint64_t CmaRuns::separable_generations() const {
  if (!settings_.separable_points) return UINT64_MAX;
  return (*settings_.separable_points + lambda_ - 1) / lambda_;
}

void CmaRuns::start_run(CmaEs::Vector mean, double sigma, CmaEs::Matrix covariance) {
  if (numeric_.empty()) return;
  search_.emplace(CmaEs::Start{.mean = std::move(mean),
                               .sigma = sigma,
                               .covariance = std::move(covariance),
                               .lambda = lambda_,
                               .separable_generations = separable_generations(),
                               .lr_adapt = settings_.lr_adapt,
                               .limits = limits_});
}

void CmaRuns::start_from(const std::vector<News>& known) {
  const auto d = static_cast<Eigen::Index>(numeric_.size());
  CmaEs::Vector mean = CmaEs::Vector::Constant(d, 0.5);
  if (settings_.x0) {
    for (Eigen::Index j = 0; j < d; ++j) {
      const double u = (*settings_.x0)[numeric_[static_cast<std::size_t>(j)]];
      if (!std::isnan(u)) mean[j] = u;
    }
  }
  std::vector<const Result*> best;
  for (const News& news : known) {
    if (const auto* result = std::get_if<Result>(&news)) {
      if (!std::isnan(result->loss)) best.push_back(result);
    } else {
      const std::uint32_t trial = std::get<TakenBack>(news).trial;
      std::erase_if(best, [&](const Result* one) { return one->trial == trial; });
    }
  }
  const auto good = static_cast<std::size_t>(kGoodShare * static_cast<double>(best.size()));
  if (settings_.x0 || good < kFewestGood) {
    start_run(std::move(mean), settings_.sigma0, {});
    return;
  }
  std::stable_sort(best.begin(), best.end(),
                   [](const Result* a, const Result* b) { return a->loss < b->loss; });
  best.resize(good);
  std::vector<CmaEs::Vector> points;
  mean.setZero();
  for (const Result* result : best) {
    CmaEs::Vector& x = points.emplace_back(CmaEs::Vector::Constant(d, 0.5));
    for (Eigen::Index j = 0; j < d; ++j) {
      const double u = result->at[numeric_[static_cast<std::size_t>(j)]];
      if (!std::isnan(u)) x[j] = u;
    }
    mean += x / static_cast<double>(good);
  }
  CmaEs::Matrix covariance = CmaEs::Matrix::Identity(d, d) * (kSpreadOfGood * kSpreadOfGood);
  for (const CmaEs::Vector& x : points) {
    covariance += (x - mean) * (x - mean).transpose() / static_cast<double>(good);
  }
  // sigma^2 is the geometric mean of the diagonal: that of the eigenvalues without correlations.
  double log_sum = 0;
  for (Eigen::Index j = 0; j < d; ++j) log_sum += std::log(covariance(j, j));
  const double sigma = d > 0 ? std::exp(log_sum / 2 / static_cast<double>(d)) : settings_.sigma0;
  covariance /= sigma * sigma;
  start_run(std::move(mean), sigma, std::move(covariance));
  if (categories_) {
    std::vector<std::vector<std::size_t>> chosen;
    for (const Result* result : best) chosen.push_back(member_of(result->at).categories);
    const std::vector<double> weights(good, 1 / static_cast<double>(good));
    categories_->tell(chosen, weights);
  }
}

void CmaRuns::start_generation() {
  own_.clear();
  others_.clear();
  RandomStream keys = rng_.stream(TrialId{}, fmt::format("cmaes {}", generation_));
  scrambling_.resize(numeric_.size() + choices_.size());
  for (std::uint64_t& key : scrambling_) key = keys.next();
}

double CmaRuns::uniform(std::uint32_t number, std::size_t dimension, RandomStream& stream) const {
  if (!sequence_) return stream.uniform();
  return owen_scramble(sequence_->at(number, dimension), scrambling_[dimension]);
}

CmaEs::Vector CmaRuns::draw_inside(std::uint32_t number) const {
  RandomStream stream = rng_.stream(TrialId{}, fmt::format("cmaes {} {}", generation_, number));
  CmaEs::Vector z(static_cast<Eigen::Index>(numeric_.size()));
  CmaEs::Vector x;
  const std::size_t draws =
      std::clamp(kDrawnCoordinates / numeric_.size(), kFewestDraws, kMostDraws);
  for (std::size_t attempt = 0; attempt < draws; ++attempt) {
    for (std::size_t j = 0; j < numeric_.size(); ++j) {
      const double u = attempt == 0 ? uniform(number, j, stream) : stream.uniform();
      z[static_cast<Eigen::Index>(j)] = clipped_quantile(u);
    }
    x = search_->draw(z);
    bool inside = true;
    for (std::size_t j = 0; j < numeric_.size() && inside; ++j) {
      const double u = x[static_cast<Eigen::Index>(j)];
      inside = !limits_[j].empty() || (u >= 0 && u <= 1);
    }
    if (inside) return x;
  }
  for (std::size_t j = 0; j < numeric_.size(); ++j) {
    double& u = x[static_cast<Eigen::Index>(j)];
    if (limits_[j].empty()) u = std::clamp(u, 0.0, 1.0);
  }
  return x;
}

CmaRuns::Draw CmaRuns::draw(std::uint32_t number) const {
  Draw result;
  result.at.assign(encoding_->size(), 0.5);
  if (search_) {
    result.x = draw_inside(number);
    const CmaEs::Vector tried = search_->spread(result.x);
    for (std::size_t j = 0; j < numeric_.size(); ++j) {
      result.at[numeric_[j]] = std::clamp(tried[static_cast<Eigen::Index>(j)], 0.0, 1.0);
    }
  }
  RandomStream stream =
      rng_.stream(TrialId{}, fmt::format("cmaes {} {} categories", generation_, number));
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const std::size_t category = categories_->at(i, uniform(number, numeric_.size() + i, stream));
    result.categories.push_back(category);
    result.at[choices_[i]] = static_cast<double>(category);
  }
  encoding_->snap(result.at);
  return result;
}

Point CmaRuns::point(std::uint32_t number) const { return draw(number).at; }

CmaRuns::Member CmaRuns::member_of(const Point& at) const {
  Member member;
  CmaEs::Vector tried(static_cast<Eigen::Index>(numeric_.size()));
  for (std::size_t j = 0; j < numeric_.size(); ++j) {
    const auto index = static_cast<Eigen::Index>(j);
    const double u = at[numeric_[j]];
    tried[index] = std::isnan(u) && search_ ? search_->mean()[index] : u;
    if (!std::isnan(u)) continue;
    member.numbers.inactive.resize(numeric_.size());
    member.numbers.inactive[j] = true;
  }
  if (search_) member.numbers.x = search_->unspread(tried);
  for (const std::size_t axis : choices_) {
    member.categories.push_back(std::isnan(at[axis]) ? CategorySearch::kInactive
                                                     : static_cast<std::size_t>(at[axis]));
  }
  return member;
}

void CmaRuns::tell(const News& news) {
  if (const auto* result = std::get_if<Result>(&news)) return add(*result);
  const auto is_of_trial = [trial = std::get<TakenBack>(news).trial](const Member& member) {
    return member.trial == trial;
  };
  std::erase_if(own_, is_of_trial);
  std::erase_if(others_, is_of_trial);
}

void CmaRuns::add(const Result& result) {
  const bool of_earlier_run = result.drawn && result.drawn->generation < first_of_run_;
  if (of_earlier_run) return;
  Member member = member_of(result.at);
  member.trial = result.trial;
  bool is_own = result.drawn && result.drawn->generation == generation_;
  if (is_own) {
    Draw drawn = draw(result.drawn->number);
    // As the trial's parameters give it back: on the way a coordinate is rounded.
    const std::optional<Point> tried = encoding_->encode(encoding_->decode(drawn.at));
    const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    is_own =
        tried && std::equal(tried->begin(), tried->end(), result.at.begin(), result.at.end(), same);
    // Without a margin steps count with what was tried, as in Optuna.
    for (std::size_t j = 0; j < numeric_.size() && is_own; ++j) {
      const auto index = static_cast<Eigen::Index>(j);
      const bool inactive = std::isnan(result.at[numeric_[j]]);
      if (inactive || !limits_[j].empty()) member.numbers.x[index] = drawn.x[index];
    }
  }
  member.numbers.loss = result.loss;
  member.numbers.injected = !is_own;
  (is_own ? own_ : others_).push_back(std::move(member));
  if (own_.size() >= lambda_) finish_generation();
}

// The generation's own points, and of the others those that rank among the better half.
std::vector<CmaRuns::Member> CmaRuns::competitors() const {
  std::vector<const Member*> all;
  for (const Member& member : own_) all.push_back(&member);
  for (const Member& member : others_) {
    if (!std::isnan(member.numbers.loss)) all.push_back(&member);
  }
  std::stable_sort(all.begin(), all.end(), [](const Member* a, const Member* b) {
    if (std::isnan(a->numbers.loss)) return false;
    return std::isnan(b->numbers.loss) || a->numbers.loss < b->numbers.loss;
  });
  std::vector<Member> result;
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (rank < lambda_ / 2 || !all[rank]->numbers.injected) result.push_back(*all[rank]);
  }
  return result;
}

void CmaRuns::finish_generation() {
  const std::vector<Member> members = competitors();
  const bool any = std::any_of(members.begin(), members.end(), [](const Member& member) {
    return !std::isnan(member.numbers.loss);
  });
  ++generation_;
  if (any) {
    std::vector<CmaEs::Member> numbers;
    std::vector<std::vector<std::size_t>> chosen;
    std::vector<double> losses;
    for (const Member& member : members) {
      numbers.push_back(member.numbers);
      chosen.push_back(member.categories);
      losses.push_back(member.numbers.loss);
    }
    if (categories_) {
      const CmaConstants constants =
          search_ ? search_->constants() : cma_constants(choices_.size(), lambda_);
      categories_->tell(chosen, rank_weights(constants, losses).positive);
    }
    if (search_) {
      search_->tell(numbers);
      if (settings_.restarts != Restarts::None && search_->stop() != CmaEs::Stop::No) restart();
    }
  }
  start_generation();
}

void CmaRuns::restart() {
  (is_large_ ? large_used_ : small_used_) +=
      static_cast<double>(lambda_) * static_cast<double>(generation_ - first_of_run_);
  ++run_;
  RandomStream stream = rng_.stream(TrialId{}, fmt::format("cmaes run {}", run_));
  const auto first = static_cast<double>(first_lambda_);
  double lambda = first;
  is_large_ = settings_.restarts == Restarts::Ipop || small_used_ >= large_used_;
  if (is_large_) {
    ++large_runs_;
    lambda = first * std::pow(settings_.inc_popsize, large_runs_);
  } else {
    const double u = stream.uniform();
    lambda = first * std::pow(std::pow(settings_.inc_popsize, large_runs_), u * u);
  }
  lambda_ = static_cast<std::size_t>(std::floor(std::min(lambda, first * kLargestGrowth)));
  CmaEs::Vector mean(static_cast<Eigen::Index>(numeric_.size()));
  for (double& u : mean) u = stream.uniform();
  first_of_run_ = generation_;
  start_run(std::move(mean), settings_.sigma0, {});
  if (categories_) {
    std::vector<std::size_t> counts;
    for (const std::size_t axis : choices_) counts.push_back(encoding_->axes()[axis].count);
    const auto is_stepped = [&](std::size_t axis) {
      return encoding_->axes()[axis].kind == Axis::Kind::Steps;
    };
    const auto steps = std::count_if(numeric_.begin(), numeric_.end(), is_stepped);
    categories_.emplace(std::move(counts), choices_.size() + static_cast<std::size_t>(steps));
  }
}

}  // namespace sweepjob
