// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Table: the report for people.

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>

#include "bench/load/report.h"
#include "bench/load/units.h"

namespace eddy::load {
namespace {

constexpr int kWidth = 75;

std::string Rule() {
  std::string rule;
  for (int i = 0; i < kWidth; ++i) rule += "─";
  return rule + '\n';
}

// A row: its name, its figure and what is to be said about it.
std::string Row(std::string_view name, std::string_view figure,
                std::string_view remark) {
  const std::string row = fmt::format("  {:<11}{:>12}", name, figure);
  return remark.empty() ? row + '\n' : fmt::format("{}  {}\n", row, remark);
}

std::string Rounded(double number) {
  return Grouped(static_cast<std::uint64_t>(std::llround(number)));
}

std::string Offered(double rate) {
  return rate == std::floor(rate) ? Rounded(rate) : fmt::format("{:g}", rate);
}

std::string Heading(const Report& report) {
  const Options& options = report.options;
  std::string text;
  if (!options.label.empty()) text += options.label + '\n';
  text += fmt::format("{} · {} × {} · depth {} · ", options.target.text(),
                      Counted(options.num_connections, "connection"),
                      HumanBytes(options.message_bytes), options.depth);
  if (options.ws_path) text += "WebSocket · ";
  text += options.is_closed_loop()
              ? "closed loop"
              : fmt::format("open loop, {}/s", Offered(*options.rate));
  if (options.num_threads > 1) {
    text += fmt::format(" · {} threads", options.num_threads);
  }
  return text + '\n';
}

std::string Throughput(const Report& report) {
  const double megabytes = report.MegabytesPerSecond();
  return Row("rate", Rounded(report.MessagesPerSecond()),
             fmt::format("messages/s, {:.{}f} MB/s each way", megabytes,
                         megabytes < 100 ? 2 : 0)) +
         Row("messages", Grouped(report.tally.num_messages()),
             fmt::format("in {:.2f} s{}", report.elapsed_seconds(),
                         report.outcome.is_interrupted ? ", interrupted" : ""));
}

std::string Latency(const Histogram& latency) {
  struct Column {
    std::string_view name;
    std::chrono::nanoseconds value;
  };
  const std::array<Column, 6> columns = {{{"p50", latency.Percentile(50)},
                                          {"p90", latency.Percentile(90)},
                                          {"p99", latency.Percentile(99)},
                                          {"p99.9", latency.Percentile(99.9)},
                                          {"max", latency.Max()},
                                          {"mean", latency.Mean()}}};
  std::string names = fmt::format("  {:<13}", "latency");
  std::string values = fmt::format("  {:<13}", "");
  for (const auto& [name, value] : columns) {
    names += fmt::format("{:>10}", name);
    values += fmt::format("{:>10}", HumanTime(value));
  }
  return names + '\n' + values + '\n';
}

std::string Cpu(const Report& report) {
  const auto row = [](std::string_view name, double nanoseconds, double busy) {
    return Row(name, Rounded(nanoseconds),
               fmt::format("ns/message, {:.2f} CPUs busy", busy));
  };
  std::string text;
  if (report.outcome.server_cpu) {
    text += row("server CPU", *report.ServerCpuPerMessage(),
                *report.ServerCpusBusy());
  }
  if (const auto messages = report.MessagesPerWakeup()) {
    text += Row("wake-ups", Grouped(*report.outcome.server_wakeups),
                fmt::format("of the server, {:.2f} messages each", *messages));
  }
  return text + row("client CPU", report.ClientCpuPerMessage(),
                    report.ClientCpusBusy());
}

std::string Trouble(const Report& report) {
  const Tally& tally = report.tally;
  std::string text;
  const auto add = [&text](std::string_view name, std::uint64_t count,
                           std::string_view remark) {
    if (count > 0) text += Row(name, Grouped(count), remark);
  };
  add("closed", tally.num_closed, "connections that the server closed");
  add("reset", tally.num_reset, "connections that the server reset");
  add("failed", tally.num_failed, "connections with another error");
  add("corrupt", tally.num_corrupt, "connections with wrong bytes");
  add("silent", tally.num_silent, "connections that never had a reply");
  add("overdue", tally.num_overdue, "scheduled messages that were not sent");
  return text.empty() ? Row("errors", "none", "") : text;
}

}  // namespace

std::string ToTable(const Report& report) {
  return Heading(report) + Rule() + Throughput(report) +
         Latency(report.tally.latency) + Cpu(report) + Trouble(report) + Rule();
}

}  // namespace eddy::load
