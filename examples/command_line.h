// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Command line: what all examples have in common.

#ifndef EDDY_EXAMPLES_COMMAND_LINE_H_
#define EDDY_EXAMPLES_COMMAND_LINE_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "eddy/eddy.h"
#include "eddy/ws.h"

// What parses it takes long to compile, so only the source includes it.
namespace CLI {
class App;
}  // namespace CLI

// CommandLine: --port, --loops, --backend, --spin, and whatever an example
// adds. A client has no --port.
//
// Pinned: it knows the addresses of its members and of what was added.
class CommandLine {
 public:
  enum class Kind { kServer, kClient };

  explicit CommandLine(const std::string& description,
                       Kind kind = Kind::kServer);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  ~CommandLine();

  // Adds a whole number from `min` to `max`. `value` holds the default.
  template <typename Number>
  void AddNumber(const std::string& name, Number& value, std::int64_t min,
                 std::int64_t max, const std::string& help) {
    AddNumber(
        name, static_cast<std::int64_t>(value), min, max, help,
        [&value](std::int64_t given) { value = static_cast<Number>(given); });
  }

  // Adds a time in milliseconds.
  void AddMilliseconds(const std::string& name, int& value,
                       const std::string& help) {
    AddNumber(name, value, 1, std::numeric_limits<int>::max(), help);
  }

  // Adds a switch, which is off unless it is given.
  void AddSwitch(const std::string& name, bool& value, const std::string& help);
  // Adds a text. `value` holds the default, if there is one.
  void AddText(const std::string& name, std::string& value,
               const std::string& help);
  // Adds an argument without a name: one that must be there, or any number.
  void AddArgument(const std::string& name, std::string& value,
                   const std::string& help);
  void AddArguments(const std::string& name, std::vector<std::string>& values,
                    const std::string& help);
  // Adds what --help says last.
  void AddFooter(const std::string& text);

  // Returns whether to go on; if not, exit_code says how to end.
  bool Parse(int argc, char** argv);

  // Of a client: the loops, the backend and the time to spin.
  eddy::ClientOptions client_options() const;

  eddy::ServerOptions options;
  int exit_code = 0;

 private:
  void AddNumber(const std::string& name, std::int64_t initial,
                 std::int64_t min, std::int64_t max, const std::string& help,
                 std::function<void(std::int64_t)> set);

  std::unique_ptr<CLI::App> app_;
  std::uint16_t port_ = 1833;
  int spin_microseconds_ = 0;
  std::string backend_ = "auto";
};

// Serves until SIGINT or SIGTERM. Returns the program's exit code.
int Serve(eddy::Server& server);
// The same, and says goodbye to every session: 1001, going away.
int Serve(eddy::ws::Server& server);

#endif  // EDDY_EXAMPLES_COMMAND_LINE_H_
