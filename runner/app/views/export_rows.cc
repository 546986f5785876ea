#include "runner/app/views/export_rows.h"

#include <algorithm>
#include <ostream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "runner/app/cli/verb.h"
#include "runner/app/views/sweep_document.h"
#include "runner/io/metric_store.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxCell = std::size_t{1} << 20;

void write_csv_line(std::ostream& out, const std::vector<Value>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) out << (i == 0 ? "" : ",") << csv_cell(cells[i]);
  out << "\r\n";
}

// Every leaf that some trial has, in order of first sight.
std::vector<std::string> parameter_paths(const Sweep& sweep) {
  std::vector<std::string> paths;
  std::unordered_set<std::string> seen;
  for (const Trial& trial : sweep.trials) {
    for (const auto& [path, value] : leaves_of(trial.proposal.params)) {
      if (seen.insert(path).second) paths.push_back(path);
    }
  }
  return paths;
}

void export_trials_csv(std::ostream& out, const Sweep& sweep) {
  const std::vector<std::string> paths = parameter_paths(sweep);
  std::vector<Value> cells{"trial",      "parent",     "status",    "reason",
                           "best_value", "last_value", "intervals", "attempts",
                           "exit_code",  "started",    "ended"};
  const std::vector<Value> fixed = cells;
  for (const std::string& path : paths) cells.emplace_back("params." + path);
  write_csv_line(out, cells);
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Value row = trial_document(sweep, TrialId{i});
    cells.clear();
    for (const Value& name : fixed) cells.push_back(*row.find(*name.get<std::string>()));
    std::unordered_map<std::string, Value> leaves;
    for (auto& [path, value] : leaves_of(sweep.trials[i].proposal.params)) {
      leaves.emplace(path, std::move(value));
    }
    for (const std::string& path : paths) {
      const auto found = leaves.find(path);
      cells.push_back(found == leaves.end() ? Value() : found->second);
    }
    write_csv_line(out, cells);
  }
}

struct ObjectiveValue {
  std::uint32_t attempt = 0;
  std::uint32_t interval = 0;
  Channel channel = Channel::Stdout;
  Timestamp time{};
  double value = 0;
  std::optional<double> step;
};

class MetricRows {
 public:
  MetricRows(std::ostream& out, ExportFormat format) : out_(out), format_(format) {
    if (format_ == ExportFormat::Csv) {
      write_csv_line(
          out_, {"trial", "attempt", "metric", "interval", "step", "value", "time", "channel"});
    }
  }

  void add(const AttemptId& attempt, const std::string& metric, const Value& interval,
           const MetricPoint& point) {
    Value::Map row{{"trial", static_cast<std::int64_t>(index_of(attempt.trial))},
                   {"attempt", static_cast<std::int64_t>(attempt.number)},
                   {"metric", metric},
                   {"interval", interval},
                   {"step", point.step ? number_or_text(*point.step) : Value()},
                   {"value", number_or_text(point.value)},
                   {"time", point.time ? Value(to_iso8601(*point.time)) : Value()},
                   {"channel", to_string(point.channel)}};
    if (format_ == ExportFormat::JsonLines) {
      out_ << to_json(document(std::move(row))) << '\n';
      return;
    }
    std::vector<Value> cells;
    for (auto& [name, value] : row) cells.push_back(std::move(value));
    write_csv_line(out_, cells);
  }

 private:
  std::ostream& out_;
  ExportFormat format_;
};

}  // namespace

std::string csv_cell(const Value& value) {
  if (value.is_null()) return {};
  const std::string text = printable(python_str(value), kMaxCell);
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

void export_trials(std::ostream& out, const Sweep& sweep, ExportFormat format) {
  if (format == ExportFormat::Csv) {
    export_trials_csv(out, sweep);
    return;
  }
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Value row = trial_document(sweep, TrialId{i});
    out << to_json(document(*row.get<Value::Map>())) << '\n';
  }
}

Result<void> export_metrics(std::ostream& out, const std::string& sweep_folder,
                            ExportFormat format) {
  std::vector<std::vector<ObjectiveValue>> objective;
  LoadOptions options;
  options.observer = [&](std::uint64_t, const Event& event, const Sweep& sweep) {
    const auto* reported = std::get_if<MetricReported>(&event.body);
    const Attempt* attempt = reported == nullptr ? nullptr : find_attempt(sweep, reported->attempt);
    if (attempt == nullptr) return;
    const Trial& trial = trial_of(sweep, reported->attempt.trial);
    objective.resize(sweep.trials.size());
    objective[index_of(reported->attempt.trial)].push_back(
        {reported->attempt.number, static_cast<std::uint32_t>(trial.values.size()),
         attempt->channel.value_or(Channel::Stdout), event.time, reported->value, reported->step});
  };
  auto loaded = load_sweep(sweep_folder, std::move(options));
  if (loaded.has_error()) return loaded.error();
  objective.resize(loaded->sweep->trials.size());
  const std::string& metric = primary_metric_of(loaded->rules->spec);
  MetricRows rows(out, format);
  for (std::uint32_t i = 0; i < objective.size(); ++i) {
    const TrialId trial{i};
    for (const ObjectiveValue& value : objective[i]) {
      const MetricPoint point{value.channel, 0, metric, value.step, value.time, value.value};
      rows.add({trial, value.attempt}, metric, Value(static_cast<std::int64_t>(value.interval)),
               point);
    }
    auto read = read_metrics(sweep_folder, trial, [&](const StoredMetric& stored) {
      rows.add(stored.attempt, stored.point.name, Value(), stored.point);
    });
    if (read.has_error() && read.error().code() != ErrorCode::NotFound) return read.error();
  }
  return {};
}

}  // namespace sweepjob
