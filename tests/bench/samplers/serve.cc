#include "tests/bench/samplers/serve.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "samplers/numerics/draw.h"
#include "samplers/surrogate/encoding.h"
#include "tests/bench/samplers/run.h"
#include "tests/bench/samplers/score.h"
#include "tests/bench/samplers/space_json.h"
#include "tests/bench/samplers/speed.h"

namespace sweepjob::bench {
namespace {

using Json = nlohmann::ordered_json;

class Session {
 public:
  explicit Session(const std::vector<Problem>& problems) : problems_(problems) {}

  Json answer(const Json& request) {
    if (request.contains("list")) return list();
    if (request.contains("history")) return history(request.at("history"));
    if (request.contains("begin")) return begin(request.at("begin"));
    if (!run_) throw std::invalid_argument("no run has begun");
    if (request.contains("stop")) {
      run_->stop();
    } else {
      const Params params = proposal(request);
      if (!run_->to_ask()) throw std::invalid_argument("the run is over");
      run_->start(params);
    }
    return go_on();
  }

 private:
  [[nodiscard]] Json list() const {
    Json result{{"problems", Json::array()}};
    for (const Problem& problem : problems_) {
      result["problems"].push_back({{"name", problem.name},
                                    {"family", to_string(problem.family)},
                                    {"fingerprint", fingerprint(problem)},
                                    {"space", to_json(problem.space)}});
    }
    return result;
  }

  static Json history(const Json& wanted) {
    const std::uint32_t dimensions = wanted.at("dimensions");
    const History made = make_history(dimensions, wanted.at("count"));
    return {{"space", to_json(cube(dimensions))}, {"points", made.points}, {"values", made.values}};
  }

  Json begin(const Json& begin) {
    const std::string name = begin.at("problem");
    const auto found = std::find_if(problems_.begin(), problems_.end(),
                                    [&](const Problem& problem) { return problem.name == name; });
    if (found == problems_.end()) throw std::invalid_argument("no problem " + name);
    run_.emplace(*found, begin.at("seed").get<std::uint64_t>(),
                 begin.at("pending").get<std::uint32_t>(), begin.at("trials").get<std::uint32_t>());
    encoding_.emplace(found->space, kNaturalBase, true);
    return go_on();
  }

  // Checked by encoding it: a value that is not of the space is the caller's mistake.
  Params proposal(const Json& request) {
    Point point;
    if (request.contains("point")) {
      point = request.at("point").get<Point>();
      if (point.size() != encoding_->size()) throw std::invalid_argument("a point of this space");
      for (std::size_t i = 0; i < point.size(); ++i) {
        const Axis& axis = encoding_->axes()[i];
        if (axis.kind != Axis::Kind::Categories) continue;
        point[i] = static_cast<double>(
            pick_index(std::clamp(point[i], 0.0, 1.0), static_cast<std::int64_t>(axis.count)));
      }
      encoding_->snap(point);
      return encoding_->decode(point);
    }
    const Value params = value_from(request.at("params"));
    const auto* map = params.get<Value::Map>();
    const auto encoded = map == nullptr ? std::nullopt : encoding_->encode(*map);
    if (!encoded) throw std::invalid_argument("params are not of this space");
    return encoding_->decode(*encoded);
  }

  // Up to the next question, or the end.
  Json go_on() {
    Json result{{"tell", Json::array()}};
    while (!run_->is_over()) {
      if (const auto trial = run_->to_ask()) {
        result["ask"] = index_of(*trial);
        return result;
      }
      const Run::Ended ended = run_->finish();
      result["tell"].push_back({index_of(ended.trial), ended.value});
    }
    for (const std::uint32_t trials : kCheckpoints) {
      result["regrets"].push_back(run_->regret_at(trials));
    }
    run_.reset();
    return result;
  }

  const std::vector<Problem>& problems_;
  std::optional<Run> run_;
  std::optional<Encoding> encoding_;
};

}  // namespace

void serve(const std::vector<Problem>& problems, std::istream& requests, std::ostream& answers) {
  Session session(problems);
  for (std::string line; std::getline(requests, line);) {
    try {
      answers << session.answer(Json::parse(line)) << '\n' << std::flush;
    } catch (const std::exception& error) {
      answers << Json{{"error", error.what()}} << '\n' << std::flush;
    }
  }
}

}  // namespace sweepjob::bench
