// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ClientHandshake: the client's half of the WebSocket handshake.

#ifndef EDDY_WS_CLIENT_HANDSHAKE_H_
#define EDDY_WS_CLIENT_HANDSHAKE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/ring_buffer.h"
#include "eddy/status.h"
#include "eddy/ws/header_field.h"
#include "eddy/ws/options.h"
#include "ws/deflate_agreement.h"
#include "ws/head_fields.h"
#include "ws/head_scanner.h"
#include "ws/url.h"

namespace eddy::internal {

// kInvalidArgument for what can't be sent: subprotocols that are no tokens or
// come twice, and headers that Response::AddHeader would not take, or Host.
Status CheckRequestParts(std::span<const std::string> subprotocols,
                         std::span<const ws::HeaderField> headers);

// ClientHandshake: asks for an upgrade, and judges the answer.
//
// What it says depends on the bytes alone, never on how they came.
class ClientHandshake {
 public:
  enum class Progress : std::uint8_t { kMore, kOpen, kFailed };

  // `peer` is how messages name the server. REQUIRES: CheckRequestParts found
  // nothing wrong with `subprotocols`.
  ClientHandshake(std::string key, std::span<const std::string> subprotocols,
                  const std::optional<ws::DeflateOptions>& deflate,
                  std::size_t max_head_bytes, std::string peer = "the server");

  // 16 random bytes in base64: the key of one handshake.
  static std::string MakeKey();

  // What to send. REQUIRES: CheckRequestParts found nothing wrong with
  // `headers`.
  std::string MakeRequest(const Url& url,
                          std::span<const ws::HeaderField> headers) const;

  // Goes on in `input`, which holds all bytes of the connection that this has
  // not taken out of it: the heads of interim responses and, when the session
  // is open, that of the response, and nothing of what follows. Throws
  // std::bad_alloc. REQUIRES: not open.
  Progress Read(RingBuffer& input);

  // The answer, once there is one that counts: when open, and when failed
  // unless the status is 0.
  int status() const noexcept { return status_; }
  FieldSpan fields() const noexcept { return fields_; }
  // It says that asking again will not help.
  bool is_final() const noexcept;
  // When failed: kProtocol, "127.0.0.1:80 answered 403 Forbidden: ...".
  const Status& failure() const noexcept { return failure_; }
  // When open. Empty: none.
  const std::string& subprotocol() const noexcept { return subprotocol_; }
  const std::optional<DeflateAgreement>& deflate() const noexcept {
    return deflate_;
  }

 private:
  // Interim responses before the one that counts.
  static constexpr std::size_t kMaxInterim = 16;

  Status NoHead(HeadScanner::Progress progress) const;
  Status CountInterim(std::size_t size);
  void TakeAnswer(std::string head);
  Status Judge();
  Status JudgeFirstLine(std::string_view line) const;
  Status JudgeUpgrade() const;
  Status TakeSubprotocol();
  Status TakeDeflate();
  // "PEER WHAT".
  Status Failure(std::string_view what) const;

  const std::string key_;
  const std::vector<std::string> offered_;
  const std::optional<ws::DeflateOptions> deflate_options_;
  const std::size_t max_head_bytes_;
  const std::string peer_;
  std::optional<HeadScanner> scanner_;  // of the head that is being read
  std::size_t interim_bytes_ = 0;
  std::size_t num_interim_ = 0;
  std::string head_;  // of the answer
  std::vector<ws::HeaderView> fields_;
  int status_ = 0;
  Status failure_;
  std::string subprotocol_;
  std::optional<DeflateAgreement> deflate_;
};

}  // namespace eddy::internal

#endif  // EDDY_WS_CLIENT_HANDSHAKE_H_
