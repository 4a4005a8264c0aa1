// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Report: what was measured, as numbers, as a table and as JSON.

#include "bench/load/report.h"

#include <fmt/format.h>

#include <chrono>

#include "bench/load/units.h"

namespace eddy::load {
namespace {

double Ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

double Count(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count());
}

}  // namespace

double Report::elapsed_seconds() const {
  return std::chrono::duration<double>(outcome.elapsed).count();
}

double Report::MessagesPerSecond() const {
  return Ratio(static_cast<double>(tally.num_messages()), elapsed_seconds());
}

double Report::MegabytesPerSecond() const {
  return MessagesPerSecond() * static_cast<double>(options.message_bytes) / 1e6;
}

std::optional<double> Report::ServerCpuPerMessage() const {
  if (!outcome.server_cpu) return std::nullopt;
  return Ratio(Count(*outcome.server_cpu),
               static_cast<double>(tally.num_messages()));
}

std::optional<double> Report::ServerCpusBusy() const {
  if (!outcome.server_cpu) return std::nullopt;
  return Ratio(Count(*outcome.server_cpu), Count(outcome.elapsed));
}

std::optional<double> Report::MessagesPerWakeup() const {
  if (outcome.server_wakeups.value_or(0) == 0) return std::nullopt;
  return Ratio(static_cast<double>(tally.num_messages()),
               static_cast<double>(*outcome.server_wakeups));
}

double Report::ClientCpuPerMessage() const {
  return Ratio(Count(tally.client_cpu),
               static_cast<double>(tally.num_messages()));
}

double Report::ClientCpusBusy() const {
  return Ratio(Count(tally.client_cpu), Count(outcome.elapsed));
}

std::string Report::Failure() const {
  if (!outcome.failure.empty()) return outcome.failure;
  if (tally.num_lost() > 0) {
    return fmt::format(
        "{} of {} lost; the first, {}", Grouped(tally.num_lost()),
        Counted(options.num_connections, "connection"), tally.first_loss);
  }
  if (!has_results()) {
    return outcome.is_interrupted
               ? "interrupted before anything was measured"
               : "no message came back during the measurement";
  }
  if (options.server_pid && !outcome.server_cpu) {
    return fmt::format("process {} is gone, its CPU time is not known",
                       *options.server_pid);
  }
  return "";
}

}  // namespace eddy::load
