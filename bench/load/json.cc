// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Json: the report for programs.

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/report.h"

namespace eddy::load {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// An object, built field by field.
class Object {
 public:
  Object& Add(std::string_view name, std::string_view value) {
    return AddRaw(name, Quoted(value));
  }
  Object& Add(std::string_view name, std::integral auto value) {
    return AddRaw(name, fmt::format("{}", value));
  }
  Object& Add(std::string_view name, double value) {
    return AddRaw(name, fmt::format("{:.3f}", value));
  }
  Object& Add(std::string_view name, std::optional<double> value) {
    return value ? Add(name, *value) : AddRaw(name, "null");
  }
  Object& Add(std::string_view name, const Object& value) {
    return AddRaw(name, value.Text());
  }

  std::string Text() const { return '{' + fields_ + '}'; }

 private:
  Object& AddRaw(std::string_view name, std::string_view value) {
    if (!fields_.empty()) fields_ += ", ";
    fields_ += Quoted(name);
    fields_ += ": ";
    fields_ += value;
    return *this;
  }

  std::string fields_;
};

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

Object LoadOf(const Options& options) {
  return Object()
      .Add("target", options.target.text())
      .Add("protocol",
           std::string_view(options.ws_path ? "websocket" : "bytes"))
      .Add("loop",
           std::string_view(options.is_closed_loop() ? "closed" : "open"))
      .Add("offered_messages_per_second", options.rate)
      .Add("connections", options.num_connections)
      .Add("message_bytes", options.message_bytes)
      .Add("depth", options.depth)
      .Add("threads", options.num_threads)
      .Add("warmup_seconds", Seconds(options.warmup));
}

Object LatencyOf(const Histogram& latency) {
  return Object()
      .Add("p50", latency.Percentile(50).count())
      .Add("p90", latency.Percentile(90).count())
      .Add("p99", latency.Percentile(99).count())
      .Add("p99.9", latency.Percentile(99.9).count())
      .Add("max", latency.Max().count())
      .Add("mean", latency.Mean().count());
}

// For drawing the distribution: ever closer to all, as a tail is looked at.
Object PercentilesOf(const Histogram& latency) {
  Object object;
  for (const double percent :
       {1.0,   2.0,   5.0,   10.0,  20.0,   30.0,   40.0, 50.0,
        60.0,  70.0,  80.0,  85.0,  90.0,   93.0,   95.0, 97.0,
        98.0,  99.0,  99.3,  99.5,  99.7,   99.8,   99.9, 99.93,
        99.95, 99.97, 99.98, 99.99, 99.995, 99.999, 100.0}) {
    object.Add(fmt::format("{:g}", percent),
               latency.Percentile(percent).count());
  }
  return object;
}

Object TroubleOf(const Tally& tally) {
  return Object()
      .Add("closed", tally.num_closed)
      .Add("reset", tally.num_reset)
      .Add("failed", tally.num_failed)
      .Add("corrupt", tally.num_corrupt)
      .Add("silent", tally.num_silent)
      .Add("overdue", tally.num_overdue);
}

}  // namespace

std::string ToJson(const Report& report) {
  return Object()
             .Add("label", report.options.label)
             .Add("load", LoadOf(report.options))
             .Add("elapsed_seconds", report.elapsed_seconds())
             .Add("messages", report.tally.num_messages())
             .Add("messages_per_second", report.MessagesPerSecond())
             .Add("megabytes_per_second", report.MegabytesPerSecond())
             .Add("latency_ns", LatencyOf(report.tally.latency))
             .Add("latency_percentiles_ns", PercentilesOf(report.tally.latency))
             .Add("server_cpu_ns_per_message", report.ServerCpuPerMessage())
             .Add("server_cpus_busy", report.ServerCpusBusy())
             .Add("messages_per_wakeup", report.MessagesPerWakeup())
             .Add("client_cpu_ns_per_message", report.ClientCpuPerMessage())
             .Add("client_cpus_busy", report.ClientCpusBusy())
             .Add("connections_lost", report.tally.num_lost())
             .Add("trouble", TroubleOf(report.tally))
             .Add("is_interrupted", report.outcome.is_interrupted)
             .Add("failure", report.Failure())
             .Text() +
         '\n';
}

}  // namespace eddy::load
