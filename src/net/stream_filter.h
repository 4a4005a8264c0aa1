// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// StreamFilter: turns the bytes of the wire into those of the handler, and
// back.

#ifndef EDDY_NET_STREAM_FILTER_H_
#define EDDY_NET_STREAM_FILTER_H_

#include <cstddef>
#include <memory>
#include <span>

#include "eddy/ring_buffer.h"
#include "eddy/status.h"

namespace eddy::internal {

// StreamFilter: one connection's filter, TLS for example. It moves bytes
// between memory and memory and never sees a descriptor.
//
// What it appends to `wire` is sent; what it appends to `plain` is delivered.
// An error from any call is the reason for which the connection closes. After
// one of Start or Decode what is in `wire` is still sent, and nothing behind
// it.
//
// Ownership: its connection's. Thread: the connection's loop.
class StreamFilter {
 public:
  virtual ~StreamFilter() = default;

  // The transport is open; first call.
  virtual Status Start(RingBuffer& wire) = 0;
  // Whether the handshake is done: the connection is announced then, and bytes
  // may be encoded. Once true, always true.
  virtual bool is_ready() const noexcept = 0;
  // Bytes came from the wire. May answer and deliver at once.
  virtual Status Decode(std::span<const std::byte> received, RingBuffer& plain,
                        RingBuffer& wire) = 0;
  // Whether the peer has said that its stream ends here.
  virtual bool has_ended() const noexcept = 0;
  // The wire ended (FIN). An error if the stream had not: it may have been cut.
  virtual Status OnWireEnd() = 0;
  // REQUIRES: is_ready().
  virtual Status Encode(std::span<const std::byte> bytes, RingBuffer& wire) = 0;
  // This side's stream ends: the last words.
  virtual void Finish(RingBuffer& wire) = 0;
};

// StreamFilterFactory: makes the filter of each connection.
//
// Ownership: shared by the connections' options. Thread: any.
class StreamFilterFactory {
 public:
  virtual ~StreamFilterFactory() = default;
  virtual std::unique_ptr<StreamFilter> Create() = 0;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_STREAM_FILTER_H_
