#include "tests/support/random_event.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

namespace sweepjob {
namespace {

class Maker {
 public:
  explicit Maker(RandomStream& random) : random_(random) {}

  bool coin() { return random_.below(2) == 0; }
  // All magnitudes alike, so that every length of a variable-length number occurs.
  std::uint64_t wide() { return random_.next() >> random_.below(64); }
  std::uint32_t narrow() { return static_cast<std::uint32_t>(wide()); }
  std::int64_t with_sign() { return static_cast<std::int64_t>(wide()) * (coin() ? 1 : -1); }
  std::string text() {
    std::string out;
    for (std::uint64_t left = random_.below(20); left > 0; --left) {
      out.push_back(static_cast<char>(random_.below(256)));
    }
    return out;
  }
  double real() {
    switch (random_.below(8)) {
      case 0: return std::numeric_limits<double>::quiet_NaN();
      case 1: return -std::numeric_limits<double>::infinity();
      case 2: return -0.0;
      case 3: return static_cast<double>(with_sign());
      case 4: return std::bit_cast<double>(random_.next());
      default: return random_.uniform() * 100 - 50;
    }
  }
  Timestamp time() { return from_micros(with_sign()); }
  TrialId trial() { return TrialId{narrow()}; }
  AttemptId attempt() { return {trial(), coin() ? 1 : narrow()}; }
  template <class T>
  T one_of(T first, T last) {
    const auto from = static_cast<std::uint64_t>(first);
    return static_cast<T>(from + random_.below(static_cast<std::uint64_t>(last) - from + 1));
  }
  template <class Make>
  auto maybe(Make make) -> std::optional<decltype(make())> {
    if (coin()) return std::nullopt;
    return make();
  }
  Value value(int depth) {
    switch (random_.below(depth > 3 ? 5 : 7)) {
      case 0: return Value();
      case 1: return Value(coin());
      case 2: return Value(with_sign());
      case 3: return Value(real());
      case 4: return Value(text());
      case 5: {
        Value::List list;
        for (std::uint64_t left = random_.below(4); left > 0; --left) {
          list.push_back(value(depth + 1));
        }
        return Value(std::move(list));
      }
      default: return Value(map(depth + 1));
    }
  }
  Value::Map map(int depth) {
    Value::Map map;
    for (std::uint64_t left = random_.below(5); left > 0; --left) {
      std::string name = text();
      map.emplace_back(std::move(name), value(depth));
    }
    return map;
  }

  void fill(SweepCreated& e) {
    for (auto& byte : e.uid.bytes) byte = static_cast<std::uint8_t>(random_.next());
    e.name = text();
    e.spec_json = coin() ? R"({"limits":{"max_total_trials":4}})" : text();
    e.code_digest = text();
    e.source_folder = text();
    e.seed = wide();
    e.backend = text();
    e.backend_json = text();
  }
  void fill(ControllerStarted& e) { e = {wide(), text(), text(), with_sign()}; }
  void fill(TrialProposed& e) {
    e.trial = trial();
    e.proposal.params = map(0);
    e.proposal.budget = maybe([this] { return Budget{real()}; });
    e.proposal.parent = maybe([this] { return trial(); });
    e.proposal.note = text();
    e.request = wide();
  }
  void fill(ProposalRequested& e) { e = {wide(), wide(), trial(), narrow()}; }
  void fill(ProposalsEnded& e) { e = {wide(), coin()}; }
  void fill(AttemptRequested& e) { e = {attempt(), wide(), text()}; }
  void fill(AttemptReleased& e) { e = {attempt()}; }
  void fill(AttemptSubmitted& e) { e = {attempt(), text()}; }
  void fill(AttemptStarted& e) { e = {attempt(), {text(), text(), coin(), time()}}; }
  void fill(AttemptEnded& e) {
    e.attempt = attempt();
    e.end.outcome = one_of(Outcome::Exited, Outcome::Rejected);
    e.end.code = static_cast<std::int32_t>(narrow());
    e.end.message = text();
    e.end.sizes = {wide(), wide()};
    e.end.ended = time();
  }
  void fill(AttemptCollected& e) { e = {attempt()}; }
  void fill(ChannelChosen& e) { e = {attempt(), one_of(Channel::Http, Channel::Stdout)}; }
  void fill(MetricReported& e) {
    e.attempt = attempt();
    e.value = real();
    e.step = maybe([this] { return real(); });
    e.position = wide();
  }
  void fill(ObjectiveReported& e) { e = {attempt(), narrow(), real(), wide()}; }
  void fill(MetricNameSeen& e) { e = {text()}; }
  void fill(CurveTruncated& e) { e = {trial(), narrow()}; }
  void fill(TrialLeftOut& e) { e = {trial()}; }
  void fill(StopRequested& e) {
    e = {trial(), one_of(StopCause::EarlyTermination, StopCause::Stalled), narrow(), text()};
  }
  void fill(CutWithheld& e) { e = {trial(), narrow(), text()}; }
  void fill(RetryScheduled& e) { e = {trial(), time()}; }
  void fill(TrialFinished& e) {
    e.trial = trial();
    e.status = one_of(Status::NotStarted, Status::Paused);
    e.reason = text();
    e.message = text();
    e.exit_code = maybe([this] { return static_cast<std::int32_t>(narrow()); });
  }
  void fill(TrialRetried& e) { e = {trial()}; }
  void fill(LimitsChanged& e) {
    e.max_total_trials = maybe([this] { return narrow(); });
    e.max_concurrent_trials = maybe([this] { return narrow(); });
    e.timeout_seconds = maybe([this] { return with_sign(); });
    e.trial_timeout_seconds = maybe([this] { return with_sign(); });
  }
  void fill(SweepPaused&) {}
  void fill(SweepUnpaused&) {}
  void fill(SweepStopping& e) {
    e = {one_of(StopCause::EarlyTermination, StopCause::Stalled), text()};
  }
  void fill(SweepFinished& e) { e = {one_of(Status::NotStarted, Status::Paused), text()}; }
  void fill(SweepReopened&) {}
  void fill(RequestHandled& e) { e = {text(), coin(), text()}; }
  void fill(Warned& e) {
    e = {text(), maybe([this] { return trial(); }), text()};
  }

 private:
  RandomStream& random_;
};

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same(const Value& a, const Value& b) {
  if (a.data().index() != b.data().index()) return false;
  if (const auto* real = a.get<double>()) return same(*real, *b.get<double>());
  if (const auto* list = a.get<Value::List>()) {
    const auto& other = *b.get<Value::List>();
    if (list->size() != other.size()) return false;
    for (std::size_t i = 0; i < other.size(); ++i) {
      if (!same((*list)[i], other[i])) return false;
    }
    return true;
  }
  if (const auto* map = a.get<Value::Map>()) {
    const auto& other = *b.get<Value::Map>();
    if (map->size() != other.size()) return false;
    for (std::size_t i = 0; i < other.size(); ++i) {
      if ((*map)[i].first != other[i].first || !same((*map)[i].second, other[i].second)) {
        return false;
      }
    }
    return true;
  }
  return a == b;
}

bool same(const TrialProposed& a, const TrialProposed& b) {
  const Proposal& p = a.proposal;
  const Proposal& q = b.proposal;
  if (p.budget.has_value() != q.budget.has_value()) return false;
  if (p.budget && !same(p.budget->amount, q.budget->amount)) return false;
  return a.trial == b.trial && a.request == b.request && p.parent == q.parent && p.note == q.note &&
         same(Value(p.params), Value(q.params));
}

bool same(const MetricReported& a, const MetricReported& b) {
  if (a.step.has_value() != b.step.has_value()) return false;
  if (a.step && !same(*a.step, *b.step)) return false;
  return a.attempt == b.attempt && same(a.value, b.value) && a.position == b.position;
}

bool same(const ObjectiveReported& a, const ObjectiveReported& b) {
  return a.attempt == b.attempt && a.objective == b.objective && same(a.value, b.value) &&
         a.position == b.position;
}

template <class T>
bool same(const T& a, const T& b) {
  return a == b;
}

template <std::size_t... kIndexes>
void emplace(EventBody& body, std::size_t index, std::index_sequence<kIndexes...>) {
  const auto emplace_if = [&]<std::size_t kIndex>() {
    if (kIndex == index) body.emplace<kIndex>();
  };
  (emplace_if.template operator()<kIndexes>(), ...);
}

}  // namespace

Event random_event(std::size_t index, RandomStream& random) {
  Event event;
  emplace(event.body, index, std::make_index_sequence<std::variant_size_v<EventBody>>());
  Maker maker(random);
  event.time = maker.time();
  std::visit([&](auto& body) { maker.fill(body); }, event.body);
  return event;
}

std::vector<Event> random_batch(std::size_t size, RandomStream& random) {
  std::vector<Event> batch;
  for (std::size_t i = 0; i < size; ++i) {
    batch.push_back(random_event(random.below(std::variant_size_v<EventBody>), random));
  }
  return batch;
}

std::vector<Event> report_batch(std::size_t size, RandomStream& random) {
  std::vector<Event> batch;
  batch.reserve(size);
  std::int64_t time = 1'790'000'000'000'000;
  for (std::size_t i = 0; i < size; ++i) {
    MetricReported report;
    report.attempt.trial = TrialId{static_cast<std::uint32_t>(random.below(100'000))};
    report.value = random.uniform();
    report.step = static_cast<double>(i / 100);
    report.position = random.below(200'000);
    time += static_cast<std::int64_t>(random.below(2'000));
    batch.push_back({from_micros(time), report});
  }
  return batch;
}

bool same_event(const Event& a, const Event& b) {
  if (a.time != b.time || a.body.index() != b.body.index()) return false;
  return std::visit(
      [&](const auto& body) {
        return same(body, std::get<std::remove_cvref_t<decltype(body)>>(b.body));
      },
      a.body);
}

}  // namespace sweepjob
