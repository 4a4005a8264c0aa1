// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Options: what the command line asks for.

#include "bench/load/options.h"

#include <fmt/format.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace eddy::load {
namespace {

constexpr std::size_t kMaxMessageBytes = 1024 * 1024 * 1024;
constexpr double kMaxConnections = 1'000'000;
constexpr double kMaxDepth = 65'536;
constexpr double kMaxThreads = 1024;
constexpr double kDefaultSeconds = 5;
constexpr double kMaxSeconds = 86'400;
constexpr double kMaxRate = 1e9;

// The command line as it was given; Options is what it means.
struct Arguments {
  std::string connect;
  std::string message_size = "64";
  std::string cpus;
  std::string json_path;
  std::string label;
  std::uint64_t num_connections = 64;
  std::uint64_t depth = 1;
  std::uint64_t num_threads = 1;
  std::uint64_t max_messages = 0;
  std::optional<double> duration;
  double warmup = 0.5;
  double timeout = 10;
  double rate = 0;
  int server_pid = 0;
  std::string ws_path;
  bool is_ws = false;
  bool verify = false;
  bool allow_remote = false;
};

template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

// Reads a list such as "1", "0,2" or "0-3,6".
//
// Throws: CLI::ValidationError when it is malformed.
std::vector<int> ParseCpus(const std::string& list) {
  std::vector<int> cpus;
  for (const std::string& part : CLI::detail::split(list, ',')) {
    const std::size_t dash = part.find('-');
    int first = 0;
    int last = 0;
    const bool is_valid =
        ParseNumber(part.substr(0, dash), &first) &&
        (dash == std::string::npos ? (last = first, true)
                                   : ParseNumber(part.substr(dash + 1), &last));
    if (!is_valid || first < 0 || last < first || last >= CPU_SETSIZE) {
      throw CLI::ValidationError("--cpu", "no list of CPUs: " + list);
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

// Reads a size such as "64", "4k" or "1m".
//
// Throws: CLI::ValidationError when it is malformed or out of range.
std::size_t ParseSize(const std::string& text) {
  std::string_view digits = text;
  std::size_t unit = 1;
  if (digits.ends_with('k')) unit = 1024;
  if (digits.ends_with('m')) unit = 1024 * 1024;
  if (unit > 1) digits.remove_suffix(1);
  std::size_t number = 0;
  if (!ParseNumber(digits, &number) || number < 1 ||
      number > kMaxMessageBytes / unit) {
    throw CLI::ValidationError(
        "--size", text + " is no size from 1 to 1024m, such as 64, 4k or 1m");
  }
  return number * unit;
}

// A number within [low, high]; CLI11's own Range lets a NaN pass.
CLI::Validator Within(double low, double high) {
  return CLI::Validator(
      [low, high](std::string& text) {
        double value = std::nan("");
        const bool is_number = CLI::detail::lexical_cast(text, value);
        if (is_number && value >= low && value <= high) return std::string();
        return fmt::format("{} is not a number from {} to {}", text, low, high);
      },
      "");
}

void AddLoadOptions(CLI::App& app, Arguments& arguments) {
  app.add_option("--connect", arguments.connect,
                 "127.0.0.1:80, [::1]:80, unix:/path or unix:@abstract")
      ->required()
      ->type_name("ADDRESS");
  app.add_flag("--allow-remote", arguments.allow_remote,
               "Accept an address that is not on this machine");
  app.add_option("--connections", arguments.num_connections,
                 "How many connections [64]")
      ->check(Within(1, kMaxConnections))
      ->type_name("N");
  app.add_option("--size", arguments.message_size,
                 "Of a message, such as 64, 4k or 1m [64]")
      ->type_name("BYTES");
  app.add_option("--depth", arguments.depth,
                 "Messages in flight per connection at most [1]")
      ->check(Within(1, kMaxDepth))
      ->type_name("N");
  app.add_option("--rate", arguments.rate,
                 "Open loop: so many messages/s over all connections")
      ->check(Within(0.001, kMaxRate))
      ->type_name("N");
  app.add_flag("--verify", arguments.verify,
               "Compare every byte that comes back");
}

void AddWebSocketOption(CLI::App& app, Arguments& arguments) {
  app.add_option_function<std::string>(
         "--ws",
         [&arguments](const std::string& path) {
           arguments.is_ws = true;
           arguments.ws_path = path.empty() ? "/" : path;
         },
         "WebSocket: each message is a binary frame [/]")
      ->expected(0, 1)
      ->type_name("[PATH]");
}

// Whether it can stand in a request as it is.
bool IsPath(std::string_view text) {
  return text.starts_with('/') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~'; });
}

void AddRunOptions(CLI::App& app, Arguments& arguments) {
  app.add_option("--duration", arguments.duration, "Time to measure [5]")
      ->check(Within(0.001, kMaxSeconds))
      ->type_name("SECONDS");
  app.add_option("--messages", arguments.max_messages,
                 "Measure so many messages, however long it takes")
      ->check(Within(1, 1e15))
      ->type_name("N");
  app.add_option("--warmup", arguments.warmup,
                 "Time under load before that [0.5]")
      ->check(Within(0, kMaxSeconds))
      ->type_name("SECONDS");
  app.add_option("--timeout", arguments.timeout,
                 "Longest wait for a connect or a reply [10]")
      ->check(Within(0.001, kMaxSeconds))
      ->type_name("SECONDS");
  app.add_option("--threads", arguments.num_threads,
                 "Threads that share the connections [1]")
      ->check(Within(1, kMaxThreads))
      ->type_name("N");
  app.add_option("--cpu", arguments.cpus,
                 "CPUs for the threads in turn, such as 1 or 0,2-3")
      ->type_name("LIST");
  app.add_option("--server-pid", arguments.server_pid,
                 "Report the CPU time and wake-ups of this process too")
      ->check(Within(1, 1 << 30))
      ->type_name("PID");
  app.add_option("--json", arguments.json_path,
                 "Write results here too; -: stdout, no table")
      ->type_name("FILE");
  app.add_option("--label", arguments.label, "A title for the results")
      ->type_name("TEXT");
}

std::chrono::nanoseconds Seconds(double seconds) {
  return std::chrono::round<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

// Throws: CLI::ValidationError when the arguments do not fit each other.
Options ToOptions(const Arguments& arguments) {
  std::optional<Target> target = Target::Parse(arguments.connect);
  if (!target) {
    throw CLI::ValidationError(
        "--connect", arguments.connect +
                         " is none of 127.0.0.1:80, [::1]:80, unix:/path, "
                         "unix:@abstract");
  }
  if (!target->is_local() && !arguments.allow_remote) {
    throw CLI::ValidationError(
        "--connect", arguments.connect +
                         " is not on this machine; --allow-remote permits it");
  }
  if (arguments.duration && arguments.max_messages > 0) {
    throw CLI::ValidationError("--messages", "--duration is given as well");
  }
  if (arguments.num_threads > arguments.num_connections) {
    throw CLI::ValidationError("--threads", "more threads than connections");
  }
  if (arguments.is_ws && !IsPath(arguments.ws_path)) {
    throw CLI::ValidationError("--ws", arguments.ws_path + " is no path");
  }
  Options options{
      .target = *std::move(target),
      .num_connections = arguments.num_connections,
      .message_bytes = ParseSize(arguments.message_size),
      .depth = arguments.depth,
      .num_threads = arguments.num_threads,
      .duration = Seconds(arguments.duration.value_or(kDefaultSeconds)),
      .warmup = Seconds(arguments.warmup),
      .timeout = Seconds(arguments.timeout),
      .rate = std::nullopt,
      .max_messages = std::nullopt,
      .cpus = {},
      .server_pid = std::nullopt,
      .json_path = arguments.json_path,
      .label = arguments.label,
      .ws_path = std::nullopt,
      .verify = arguments.verify,
  };
  if (arguments.is_ws) options.ws_path = arguments.ws_path;
  if (arguments.rate > 0) options.rate = arguments.rate;
  if (arguments.max_messages > 0) options.max_messages = arguments.max_messages;
  if (!arguments.cpus.empty()) options.cpus = ParseCpus(arguments.cpus);
  if (arguments.server_pid > 0) options.server_pid = arguments.server_pid;
  return options;
}

}  // namespace

std::variant<Options, int> ParseOptions(int argc, char** argv) {
  constexpr int kUsageExit = 2;
  CLI::App app(
      "Loads an echo server and measures throughput, latency and CPU cost.\n"
      "Without --rate each reply is answered by the next message. With it\n"
      "messages are sent on a fixed schedule, and latency counts from there.",
      "eddy_load");
  // A script may append to a command line what its user wants otherwise.
  app.get_formatter()->column_width(26);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  Arguments arguments;
  AddLoadOptions(app, arguments);
  AddWebSocketOption(app, arguments);
  AddRunOptions(app, arguments);
  try {
    app.parse(argc, argv);
    return ToOptions(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "eddy_load: {}\n(--help lists the options)\n",
               error.what());
    return kUsageExit;
  }
}

}  // namespace eddy::load
