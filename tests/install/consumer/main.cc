// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Consumer: a program built against the installed package, as a user would.

#include <eddy/eddy.h>
#include <eddy/version.h>

#include <cstdio>

struct Echo : eddy::Handler {
  void OnMessage(eddy::Connection& connection,
                 eddy::RingBuffer& input) override {
    connection.Send(input);
  }
};

int main() {
  Echo echo;
  eddy::Server server(echo, {.address = "127.0.0.1:0", .num_loops = 1});
  eddy::Status status = server.Start();
  if (status.ok()) {
    server.Stop();
    status = server.Wait();
  }
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
  }
  std::printf("eddy %s\n", eddy::Version());
  return 0;
}
