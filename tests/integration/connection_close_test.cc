// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of how a server's connections end over real sockets: in every way.

#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/connection_test.h"
#include "support/log_capture.h"

namespace eddy::test {
namespace {

class ConnectionCloseTest : public ConnectionTest {};

EDDY_ON_USABLE_BACKENDS(ConnectionCloseTest);

// A state in which a peer may leave, and how to bring it about.
struct Moment {
  const char* name;
  std::function<void(ConnectionOptions&, ScriptedHandler&)> prepare;
  std::function<void(int client)> act;
};

std::vector<Moment> Moments() {
  const auto nothing = [](int) {};
  const auto write = [](int client) { WriteAll(client, Pattern(50'000)); };
  return {
      {"open and idle", [](auto&, auto&) {}, nothing},
      {"input unread",
       [](auto&, auto& handler) {
         handler.on_message = [](Connection&, RingBuffer&) {};
       },
       write},
      {"output pending",
       [](auto&, auto& handler) {
         handler.on_connect = [](Connection& connection) {
           connection.Send(Pattern(16 << 20));
         };
       },
       nothing},
      {"paused",
       [](auto&, auto& handler) {
         handler.on_connect = [](Connection& connection) {
           connection.PauseReading();
         };
       },
       write},
      {"after Shutdown",
       [](auto&, auto& handler) {
         handler.on_connect = [](Connection& connection) {
           connection.Shutdown();
         };
       },
       nothing},
      {"draining",
       [](auto&, auto& handler) {
         handler.on_connect = [](Connection& connection) {
           connection.Send(Pattern(16 << 20));
           connection.Close();
         };
       },
       write},
      {"lingering",
       [](auto& options, auto& handler) {
         options.linger_timeout = std::chrono::hours(1);
         handler.on_connect = [](Connection& connection) {
           connection.Close();
         };
       },
       nothing},
  };
}

TEST_P(ConnectionCloseTest, PeersMayResetInEveryState) {
  for (const Moment& moment : Moments()) {
    SCOPED_TRACE(moment.name);
    handler.on_connect = nullptr;
    handler.on_message = nullptr;
    moment.prepare(options.connection, handler);
    Start();
    for (int i = 0; i < 10; ++i) {
      const int closed = handler.closes();
      UniqueFd client = ConnectAndAwait();
      moment.act(client.get());
      Reset(std::move(client));
      // While it is paused, not every backend is told.
      static_cast<void>(handler.handle().Post(
          [](Connection& connection) { connection.ResumeReading(); }));
      handler.AwaitClose(closed + 1);
      EXPECT_EQ(handler.closes(), closed + 1);
    }
    EXPECT_TRUE(Eventually([&] { return server->connection_count() == 0; }));
    Stop();
  }
}

TEST_P(ConnectionCloseTest, PeersMayResetBeforeTheyAreAnnounced) {
  handler.on_connect = [](Connection& connection) {
    connection.Send("hello");
    connection.Send(Pattern(100'000));
  };
  Start();
  for (int i = 0; i < 100; ++i) Reset(Connect());
  EXPECT_TRUE(Eventually([&] {
    return handler.closes() == handler.connects() &&
           server->connection_count() == 0 &&
           server->stats().accepted_count == 100;
  }));
}

TEST_P(ConnectionCloseTest, AResetIsTheReason) {
  Start();
  Reset(ConnectAndAwait());
  EXPECT_EQ(handler.AwaitClose().code(), std::errc::connection_reset);
}

// Where SIGPIPE does what it does by default, and peers are gone.
TEST_P(ConnectionCloseTest, WritingToPeersThatAreGoneRaisesNoSignal) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  handler.on_message = [](Connection& connection, RingBuffer& input) {
    input.Clear();
    for (int i = 0; i < 10; ++i) {
      connection.Send(Pattern(40'000));
      connection.Send("small");
      connection.Send(Payload(Pattern(300)));
    }
  };
  Start();
  for (int i = 0; i < 20; ++i) {
    UniqueFd client = Connect();
    WriteAll(client.get(), "x");
    if (i % 2 == 0) {
      Reset(std::move(client));
    } else {
      client.Reset();
    }
  }
  EXPECT_TRUE(Eventually([&] {
    return server->stats().accepted_count == 20 &&
           server->connection_count() == 0;
  }));
  std::signal(SIGPIPE, before);
}

TEST_P(ConnectionCloseTest, EveryCallbackMayCloseOrAbort) {
  using Act = void (Connection::*)();
  for (const Act act : {Act{&Connection::Close}, Act{&Connection::Abort}}) {
    for (int where = 0; where < 6; ++where) {
      SCOPED_TRACE(where);
      handler.on_connect = nullptr;
      handler.on_message = nullptr;
      handler.on_writable = nullptr;
      handler.on_end = nullptr;
      handler.on_close = nullptr;
      const auto end = [act](Connection& connection) { (connection.*act)(); };
      switch (where) {
        case 0:
          handler.on_connect = end;
          break;
        case 1:
          handler.on_message = [end](Connection& c, RingBuffer&) { end(c); };
          break;
        case 2:
          handler.on_writable = end;
          handler.on_connect = [](Connection& c) { c.Send(Pattern(32 << 20)); };
          break;
        case 3:
          handler.on_end = end;
          break;
        case 4:
          handler.on_close = [end](Connection& c, const Status&) { end(c); };
          break;
        default:
          handler.on_connect = [end](Connection& c) {
            c.Send("x", [end, &c](const Status&) { end(c); });
          };
      }
      Start();
      const int closed = handler.closes();
      const UniqueFd client = Connect();
      if (where == 1) WriteAll(client.get(), "x");
      if (where == 3 || where == 4) os::ShutdownWrite(client.get());
      EXPECT_NE(AwaitEnd(client), Stream::kOpen);
      os::ShutdownWrite(client.get());
      handler.AwaitClose(closed + 1);
      EXPECT_EQ(handler.closes(), closed + 1);
      Stop();
    }
  }
}

TEST_P(ConnectionCloseTest, AnExceptionClosesItsOwnConnectionAlone) {
  const LogCapture log;
  handler.on_message = [](Connection& connection, RingBuffer& input) {
    if (input.ToString() == "throw") throw std::runtime_error("on purpose");
    connection.Send(input);
  };
  Start();
  const UniqueFd innocent = ConnectAndAwait();
  const UniqueFd client = ConnectAndAwait();
  WriteAll(client.get(), "throw");
  EXPECT_NE(AwaitEnd(client), Stream::kOpen);
  EXPECT_EQ(handler.AwaitClose(), Status(Error::kHandlerFailed));
  EXPECT_EQ(Exchange(innocent, "still here"), "still here");
  EXPECT_EQ(server->stats().exception_count, 1u);
  EXPECT_EQ(log.Count("on purpose"), 1u);
}

TEST_P(ConnectionCloseTest, ExceptionsOfDoneAndPostAreCountedAndNoMore) {
  const LogCapture log;
  Start();
  const UniqueFd client = ConnectAndAwait();
  EXPECT_TRUE(OnConnection([](Connection& connection) {
    connection.Send("x",
                    [](const Status&) { throw std::runtime_error("in done"); });
  }));
  EXPECT_TRUE(handler.handle()
                  .Post([](Connection&) { throw std::runtime_error("posted"); })
                  .ok());
  EXPECT_EQ(ReadAll(client.get(), 1), "x");
  EXPECT_EQ(Exchange(client, "still here"), "still here");
  EXPECT_TRUE(Eventually([&] { return server->stats().exception_count == 2; }));
  EXPECT_EQ(log.Count("in done") + log.Count("posted"), 2u);
}

TEST_P(ConnectionCloseTest, AnExceptionOfOnConnectIsFollowedByOnClose) {
  const LogCapture log;
  handler.on_connect = [](Connection& connection) {
    connection.Emplace<int>(1);
    throw std::runtime_error("on purpose");
  };
  Start();
  const UniqueFd client = Connect();
  EXPECT_NE(AwaitEnd(client), Stream::kOpen);
  EXPECT_EQ(handler.AwaitClose(), Status(Error::kHandlerFailed));
  EXPECT_EQ(handler.connects(), 1);
}

TEST_P(ConnectionCloseTest, StopTellsEveryConnectionAndItsCallbacks) {
  std::atomic<int> told = 0;
  const std::string text = Pattern(8 << 20);
  handler.on_connect = [&](Connection& connection) {
    connection.Send(text, [&](const Status& status) {
      if (!status.ok()) ++told;
    });
  };
  options.num_loops = 2;
  Start();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(ConnectAndAwait());
  Stop();
  EXPECT_EQ(handler.closes(), 10);
  EXPECT_EQ(told, 10);
  for (const Status& reason : handler.reasons()) {
    EXPECT_EQ(reason, Status(Error::kStopped));
  }
  // All that was sent is there, but the stream is cut, and that shows.
  for (const UniqueFd& client : clients) {
    EXPECT_EQ(AwaitEnd(client), Stream::kBroken);
  }
}

// The time that it lingers for begins when the last output leaves, which may be
// just before the loop sleeps.
TEST_P(ConnectionCloseTest, LingersAfterItsLastWordsForNoLongerThanAllowed) {
  options.connection.linger_timeout = std::chrono::milliseconds(20);
  options.connection.close_timeout = std::chrono::hours(1);
  handler.on_message = [](Connection& connection, RingBuffer& input) {
    input.Clear();
    connection.Send(std::string("last"));
    connection.Close();
  };
  Start();
  const UniqueFd client = ConnectAndAwait();
  EXPECT_EQ(Exchange(client, "word"), "last");
  EXPECT_TRUE(handler.AwaitClose().ok());
}

}  // namespace
}  // namespace eddy::test
