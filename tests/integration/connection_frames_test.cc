// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Tests of framed connections: frames over real sockets.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "eddy/codec.h"
// A handler of frames hides the OnMessage of bytes, which is as it should be.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverloaded-virtual"
#include "eddy/framed_handler.h"
#pragma GCC diagnostic pop
#include "support/connection_test.h"

namespace eddy::test {
namespace {

// Keeps the frames it gets, and sends each one back unless told otherwise.
class FrameKeeper final : public FramedHandler {
 public:
  using FramedHandler::FramedHandler;

  std::function<void(Connection&, std::string_view frame)> on_frame;

  std::vector<std::string> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  std::size_t count() const { return frames().size(); }
  int connects() const { return connects_; }
  std::vector<Status> reasons() const {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }
  ConnectionHandle handle() const {
    const std::lock_guard lock(mutex_);
    return handle_;
  }

 private:
  void OnConnect(Connection& connection) override {
    {
      const std::lock_guard lock(mutex_);
      handle_ = connection.handle();
    }
    ++connects_;
  }
  void OnMessage(Connection& connection,
                 std::span<const std::byte> frame) override {
    {
      const std::lock_guard lock(mutex_);
      frames_.emplace_back(AsText(frame));
    }
    if (on_frame) return on_frame(connection, AsText(frame));
    SendFrame(connection, frame);
  }
  void OnClose(Connection&, const Status& reason) override {
    const std::lock_guard lock(mutex_);
    reasons_.push_back(reason);
  }

  mutable std::mutex mutex_;
  std::atomic<int> connects_ = 0;
  std::vector<std::string> frames_;
  std::vector<Status> reasons_;
  ConnectionHandle handle_;
};

class ConnectionFramesTest : public ConnectionTest {
 protected:
  // The wire form of `frame`.
  static std::string Wrap(const Codec& codec, std::string_view frame) {
    RingBuffer output;
    EXPECT_TRUE(codec.Encode(AsBytes(frame), output).ok());
    return output.ToString();
  }
  UniqueFd ConnectTo(const FrameKeeper& keeper) {
    const int before = keeper.connects();
    UniqueFd fd = Connect();
    EXPECT_TRUE(Eventually([&] { return keeper.connects() > before; }));
    return fd;
  }
};

EDDY_ON_USABLE_BACKENDS(ConnectionFramesTest);

TEST_P(ConnectionFramesTest, FramesMayBeCutAtEveryByte) {
  const std::vector<std::shared_ptr<const Codec>> codecs = {
      std::make_shared<LengthFieldCodec>(), std::make_shared<LineCodec>(),
      std::make_shared<DelimiterCodec>("\r\n--"),
      std::make_shared<VarintCodec>(), std::make_shared<FixedLengthCodec>(5)};
  for (const auto& codec : codecs) {
    FrameKeeper keeper(codec);
    StartWith(keeper);
    const UniqueFd client = ConnectTo(keeper);
    const std::string wire =
        Wrap(*codec, "hello") + Wrap(*codec, "there") + Wrap(*codec, "again");
    std::size_t expected = 0;
    for (std::size_t cut = 1; cut < wire.size(); ++cut) {
      const std::string_view text = wire;
      // The first part has arrived when the loop has answered what it holds.
      WriteAll(client.get(), text.substr(0, cut));
      EXPECT_TRUE(Eventually([&] {
        return server->stats().received_bytes == (cut - 1) * wire.size() + cut;
      }));
      WriteAll(client.get(), text.substr(cut));
      expected += 3;
      EXPECT_EQ(ReadAll(client.get(), wire.size()), wire);
      EXPECT_EQ(keeper.count(), expected) << "cut at " << cut;
    }
    Stop();
  }
}

TEST_P(ConnectionFramesTest, OneReadMayBringManyFrames) {
  const auto codec = std::make_shared<LineCodec>();
  FrameKeeper keeper(codec);
  StartWith(keeper);
  const UniqueFd client = ConnectTo(keeper);
  std::string wire;
  for (int i = 0; i < 5000; ++i) wire += std::to_string(i) + "\n";
  WriteAll(client.get(), wire);
  EXPECT_EQ(ReadAll(client.get(), wire.size()), wire);
  EXPECT_EQ(keeper.count(), 5000u);
  Stop();
}

TEST_P(ConnectionFramesTest, ABadFrameClosesItsOwnConnectionAlone) {
  const auto codec = std::make_shared<LengthFieldCodec>(
      LengthFieldOptions{.max_frame_bytes = 1000});
  FrameKeeper keeper(codec);
  StartWith(keeper);
  const UniqueFd innocent = ConnectTo(keeper);
  const UniqueFd client = ConnectTo(keeper);
  // A good frame is answered before the connection goes.
  WriteAll(client.get(), Wrap(*codec, "good") + "\x7f\xff\xff\xff" + "bad");
  std::string answer;
  EXPECT_EQ(AwaitEnd(client, &answer), Stream::kEnded);
  EXPECT_EQ(answer, Wrap(*codec, "good"));
  os::ShutdownWrite(client.get());
  EXPECT_TRUE(Eventually([&] { return keeper.reasons().size() == 1; }));
  EXPECT_EQ(keeper.reasons().at(0), Status(Error::kProtocol));
  const std::string wire = Wrap(*codec, "still here");
  EXPECT_EQ(Exchange(innocent, wire), wire);
  Stop();
}

TEST_P(ConnectionFramesTest, APauseStopsBetweenTwoFramesOfOneRead) {
  FrameKeeper keeper(std::make_shared<LineCodec>());
  keeper.on_frame = [](Connection& connection, std::string_view frame) {
    if (frame == "stop") connection.PauseReading();
  };
  StartWith(keeper);
  const UniqueFd client = ConnectTo(keeper);
  WriteAll(client.get(), "a\nstop\nb\nc\n");
  using Frames = std::vector<std::string>;
  EXPECT_TRUE(Eventually([&] { return keeper.count() >= 2; }));
  EXPECT_TRUE(On(keeper.handle(), [](Connection& connection) {
    EXPECT_EQ(connection.input_size(), 4u);
  }));
  EXPECT_EQ(keeper.frames(), (Frames{"a", "stop"}));
  EXPECT_TRUE(On(keeper.handle(), [](Connection& c) { c.ResumeReading(); }));
  EXPECT_TRUE(Eventually([&] { return keeper.count() == 4; }));
  EXPECT_EQ(keeper.frames(), (Frames{"a", "stop", "b", "c"}));
  Stop();
}

TEST_P(ConnectionFramesTest, CloseStopsBetweenTwoFramesOfOneRead) {
  FrameKeeper keeper(std::make_shared<LineCodec>());
  keeper.on_frame = [](Connection& connection, std::string_view) {
    connection.Close();
  };
  StartWith(keeper);
  const UniqueFd client = ConnectTo(keeper);
  WriteAll(client.get(), "a\nb\nc\n");
  EXPECT_EQ(AwaitEnd(client), Stream::kEnded);
  EXPECT_EQ(keeper.count(), 1u);
  Stop();
}

// Tiny frames ask for large replies, which nobody reads.
TEST_P(ConnectionFramesTest, AmplificationIsBoundedByTheWatermark) {
  FrameKeeper keeper(std::make_shared<LineCodec>());
  std::atomic<std::size_t> most = 0;
  const std::string reply = Pattern(100'000);
  keeper.on_frame = [&](Connection& connection, std::string_view) {
    connection.Send(reply);
    if (connection.output_size() > most) most = connection.output_size();
  };
  StartWith(keeper);
  const UniqueFd client = ConnectTo(keeper);
  constexpr std::size_t kFrames = 500;
  std::string wire;
  for (std::size_t i = 0; i < kFrames; ++i) wire += "x\n";
  WriteAll(client.get(), wire);
  std::string read;
  while (read.size() < kFrames * reply.size() &&
         AwaitReady(client.get(), POLLIN)) {
    if (ReadSome(client.get(), read) != Stream::kOpen) break;
  }
  EXPECT_EQ(read.size(), kFrames * reply.size());
  EXPECT_EQ(keeper.count(), kFrames);
  EXPECT_LE(most, (std::size_t{1} << 20) + reply.size());
  Stop();
}

}  // namespace
}  // namespace eddy::test
