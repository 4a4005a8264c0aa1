// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientDrainTest: a server's stop, and a client on its loops.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "eddy/pipe.h"
#include "support/client_test.h"
#include "support/session_test.h"

namespace eddy::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// More than the kernel takes for a peer that does not read.
constexpr std::size_t kAPlenty = std::size_t{24} << 20;

// What the server's and the client's connections do: last words, if any.
class Speaker : public TallyHandler {
 public:
  Speaker() {
    on_message = [](Connection&, RingBuffer& input) { input.Clear(); };
  }
  std::function<void(Connection&)> on_stop;
  int stops() const { return stops_; }

 private:
  void OnStop(Connection& connection) override {
    ++stops_;
    if (on_stop) on_stop(connection);
  }
  std::atomic<int> stops_ = 0;
};

// A server, a client on its loops, and a target of the client's that is neither
// of them.
class ClientDrainTest : public ServerTest {
 protected:
  ~ClientDrainTest() override {
    client_.reset();
    server_.reset();
    EXPECT_EQ(near_.connects(), near_.closes());
    EXPECT_EQ(far_.connects(), far_.closes());
  }

  void Start(std::size_t num_loops = 1) {
    server_.emplace(near_, Options(num_loops));
    client_.emplace(far_, *server_);
    ASSERT_TRUE(client_->Start().ok());
    ASSERT_TRUE(server_->Start().ok());
  }
  std::string target() const {
    return os::LocalAddress(listener_.get()).ToString();
  }
  UniqueFd Accept() {
    AwaitReady(listener_.get(), POLLIN);
    return UniqueFd(os::AcceptFrom(listener_.get()).fd);
  }
  // A connection of the client's. Returns its peer.
  UniqueFd Connect() {
    Outcome outcome;
    EXPECT_TRUE(client_->Connect(target(), {}, outcome.Callback()));
    EXPECT_TRUE(outcome.status().ok());
    return Accept();
  }
  // Then every connection of the server's is piped to one of the client's.
  void StartPiping() {
    near_.on_connect = [&](Connection& near) {
      near.PauseReading();
      client_->Connect(target(), {}, [&, handle = near.handle()](auto far) {
        Connection* const left = handle.Find();
        Connection* const right = far ? far->Find() : nullptr;
        EXPECT_TRUE(left && right && Pipe(*left, *right).ok());
        left->ResumeReading();
        ++pipes_;
      });
    };
    Start();
  }
  // Returns the peers, the server's first.
  std::pair<UniqueFd, UniqueFd> ConnectPipe() {
    const int before = pipes_;
    UniqueFd source = Dial(*server_);
    EXPECT_TRUE(Eventually([&] { return pipes_ > before; }));
    return {std::move(source), Accept()};
  }
  void AwaitServer() {
    EXPECT_TRUE(server_->Wait().ok());
    EXPECT_TRUE(client_->Wait().ok());
  }

  UniqueFd listener_ = ListenOnLoopback();
  Speaker near_;  // the server's
  Speaker far_;   // the client's
  std::atomic<int> pipes_ = 0;
  std::optional<Server> server_;
  std::optional<eddy::Client> client_;
};
EDDY_ON_USABLE_BACKENDS(ClientDrainTest);

TEST_P(ClientDrainTest, ASlowPeerGetsAllAndTheLastWordsToo) {
  const std::string text = Pattern(kAPlenty);
  far_.on_connect = [&](Connection& far) { far.Send(text); };
  far_.on_stop = [](Connection& far) { EXPECT_TRUE(far.Send("bye").ok()); };
  Start();
  const UniqueFd peer = Connect();
  server_->Stop(hours(1));
  std::string received;
  EXPECT_EQ(AwaitEnd(peer, &received), Stream::kEnded);
  EXPECT_TRUE(received == text + "bye") << received.size();
  os::ShutdownWrite(peer.get());
  AwaitServer();
  EXPECT_EQ(far_.stops(), 1);
  EXPECT_EQ(far_.reasons().at(0).code(), Error::kStopped);
}

TEST_P(ClientDrainTest, EveryLoopIsDrained) {
  far_.on_stop = [](Connection& far) { far.Send("bye"); };
  near_.on_stop = far_.on_stop;
  Start(3);
  std::vector<UniqueFd> peers;
  for (int i = 0; i < 6; ++i) peers.push_back(Connect());
  for (int i = 0; i < 6; ++i) peers.push_back(Dial(*server_));
  ASSERT_TRUE(near_.AwaitConnects(6));
  server_->Stop(hours(1));
  for (const UniqueFd& peer : peers) {
    std::string received;
    EXPECT_EQ(AwaitEnd(peer, &received), Stream::kEnded);
    EXPECT_EQ(received, "bye");
    os::ShutdownWrite(peer.get());
  }
  AwaitServer();
  EXPECT_EQ(far_.stops(), 6);
  EXPECT_EQ(near_.stops(), 6);
}

TEST_P(ClientDrainTest, WithoutADrainOnStopIsCalledAndAllEnds) {
  Start(2);
  const UniqueFd peer = Connect();
  server_->Stop();
  AwaitServer();
  EXPECT_NE(AwaitEnd(peer), Stream::kOpen);
  EXPECT_EQ(far_.stops(), 1);
  EXPECT_EQ(far_.reasons().at(0).code(), Error::kStopped);
}

TEST_P(ClientDrainTest, APeerThatDoesNotReadIsCutWhenTheTimeIsUp) {
  const std::string text = Pattern(kAPlenty);
  far_.on_connect = [&](Connection& far) { far.Send(text); };
  Start();
  const UniqueFd peer = Connect();
  const auto start = std::chrono::steady_clock::now();
  server_->Stop(milliseconds(100));
  AwaitServer();
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(100));
  EXPECT_EQ(AwaitEnd(peer), Stream::kBroken);
  EXPECT_EQ(far_.reasons().at(0).code(), Error::kStopped);
}

TEST_P(ClientDrainTest, ALaterStopOfEitherCutsTheDrain) {
  const std::string text = Pattern(kAPlenty);
  far_.on_connect = [&](Connection& far) { far.Send(text); };
  for (const bool is_servers : {true, false}) {
    Start();
    const UniqueFd peer = Connect();
    server_->Stop(hours(1));
    if (is_servers) {
      server_->Stop();
    } else {
      client_->Stop();
    }
    AwaitServer();
    EXPECT_EQ(AwaitEnd(peer), Stream::kBroken);
    client_.reset();
    server_.reset();
  }
}

TEST_P(ClientDrainTest, AClientsOwnDrainIsNotProlonged) {
  const std::string text = Pattern(kAPlenty);
  far_.on_connect = [&](Connection& far) { far.Send(text); };
  Start();
  const UniqueFd peer = Connect();
  client_->Stop(milliseconds(10));
  server_->Stop(hours(1));
  AwaitServer();
  EXPECT_EQ(AwaitEnd(peer), Stream::kBroken);
}

TEST_P(ClientDrainTest, AClientThatIsDestroyedMeanwhileNoLongerKeepsTheServer) {
  const std::string text = Pattern(kAPlenty);
  far_.on_connect = [&](Connection& far) { far.Send(text); };
  Start(2);
  const UniqueFd peer = Connect();
  server_->Stop(hours(1));
  client_.reset();
  EXPECT_TRUE(server_->Wait().ok());
  EXPECT_EQ(AwaitEnd(peer), Stream::kBroken);
}

TEST_P(ClientDrainTest, MeanwhileNothingIsConnectedAnyMore) {
  near_.on_connect = [](Connection& near) { near.Send(Pattern(kAPlenty)); };
  Start();
  const UniqueFd slow = Dial(*server_);
  ASSERT_TRUE(near_.AwaitConnects(1));
  server_->Stop(hours(1));
  // The client has nothing that would take time.
  EXPECT_TRUE(client_->Wait().ok());
  EXPECT_FALSE(client_->Connect(target()));
  // And one that comes now goes at once.
  eddy::Client late(far_, *server_);
  Outcome outcome;
  if (late.Start().ok()) {
    const bool is_taken = bool{late.Connect(target(), {}, outcome.Callback())};
    EXPECT_TRUE(late.Wait().ok());
    EXPECT_EQ(outcome.count(), is_taken ? 1U : 0U);
    EXPECT_EQ(outcome.failures(), outcome.count());
  }
  EXPECT_EQ(near_.closes(), 0U);
  server_->Stop();
  EXPECT_TRUE(server_->Wait().ok());
}

TEST_P(ClientDrainTest, ALoopThatTheProgramStopsMeanwhileEndsAll) {
  const std::string text = Pattern(kAPlenty);
  far_.on_connect = [&](Connection& far) { far.Send(text); };
  Start(2);
  const UniqueFd first = Connect();
  const UniqueFd second = Connect();
  server_->Stop(hours(1));
  server_->loop(0).Stop();
  AwaitServer();
  EXPECT_EQ(AwaitEnd(first), Stream::kBroken);
  EXPECT_EQ(AwaitEnd(second), Stream::kBroken);
}

// ---- Pipes ------------------------------------------------------------------

TEST_P(ClientDrainTest, ASlowSinkOfAPipeGetsAllThatItsSourceSent) {
  StartPiping();
  const auto [source, sink] = ConnectPipe();
  const std::string text = Pattern(kAPlenty);
  std::atomic<bool> is_stopped = false;
  std::thread writer([&, peer = source.get()] {
    EXPECT_TRUE(WriteAll(peer, std::string_view(text).substr(0, kAPlenty / 2)));
    Eventually([&] { return is_stopped.load(); });
    EXPECT_TRUE(WriteAll(peer, std::string_view(text).substr(kAPlenty / 2)));
    os::ShutdownWrite(peer);
  });
  std::string received = ReadAll(sink.get(), kAPlenty / 4);
  server_->Stop(hours(1));
  is_stopped = true;
  EXPECT_EQ(AwaitEnd(sink, &received), Stream::kEnded);
  EXPECT_TRUE(received == text) << received.size();
  EXPECT_TRUE(WriteAll(sink.get(), "answer"));
  os::ShutdownWrite(sink.get());
  writer.join();
  std::string answer;
  EXPECT_EQ(AwaitEnd(source, &answer), Stream::kEnded);
  EXPECT_EQ(answer, "answer");
  AwaitServer();
}

TEST_P(ClientDrainTest, APipeThatIsCutByAStopResetsBoth) {
  for (const milliseconds drain : {milliseconds(0), milliseconds(50)}) {
    StartPiping();
    const auto [source, sink] = ConnectPipe();
    EXPECT_TRUE(WriteAll(source.get(), "a part"));
    EXPECT_EQ(ReadAll(sink.get(), 6), "a part");
    server_->Stop(drain);
    EXPECT_EQ(AwaitEnd(source), Stream::kBroken);
    EXPECT_EQ(AwaitEnd(sink), Stream::kBroken);
    AwaitServer();
    client_.reset();
    server_.reset();
  }
}

// The server goes on.
TEST_P(ClientDrainTest, AClientsStopLetsAPipeGoOnForItsDrain) {
  StartPiping();
  const auto [source, sink] = ConnectPipe();
  client_->Stop(hours(1));
  EXPECT_TRUE(WriteAll(source.get(), "all"));
  os::ShutdownWrite(source.get());
  std::string received;
  EXPECT_EQ(AwaitEnd(sink, &received), Stream::kEnded);
  EXPECT_EQ(received, "all");
  os::ShutdownWrite(sink.get());
  EXPECT_EQ(AwaitEnd(source), Stream::kEnded);
  EXPECT_TRUE(client_->Wait().ok());
  EXPECT_TRUE(Eventually([&] { return server_->connection_count() == 0; }));
}

TEST_P(ClientDrainTest, AClientsStopThatCutsAPipeResetsBoth) {
  StartPiping();
  const auto [source, sink] = ConnectPipe();
  client_->Stop();
  EXPECT_EQ(AwaitEnd(source), Stream::kBroken);
  EXPECT_EQ(AwaitEnd(sink), Stream::kBroken);
  EXPECT_TRUE(client_->Wait().ok());
}

// ---- WebSocket --------------------------------------------------------------

TEST_P(ClientDrainTest, AWebSocketClientSaysGoodbye) {
  SessionTally there;
  ws::Server target(there, Options(1));
  ASSERT_TRUE(target.Start().ok());
  SessionTally here;
  server_.emplace(near_, Options(2));
  ASSERT_TRUE(server_->Start().ok());
  ws::Client sessions(here, *server_);
  ASSERT_TRUE(sessions.Start().ok());
  sessions.Connect("ws://" + target.address().ToString() + "/");
  ASSERT_TRUE(here.AwaitOpens(1));
  server_->Stop(hours(1));
  EXPECT_EQ(there.AwaitEnd().code, ws::CloseCode::kGoingAway);
  EXPECT_EQ(here.AwaitEnd().code, ws::CloseCode::kGoingAway);
  EXPECT_TRUE(server_->Wait().ok());
  EXPECT_TRUE(sessions.Wait().ok());
}

}  // namespace
}  // namespace eddy::test
