// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// DeflateAgreement: offers and answers.

#include "ws/deflate_agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "ws/extension_list.h"
#include "ws/http_syntax.h"

namespace eddy::internal {
namespace {

constexpr std::string_view kDeflate = "permessage-deflate";
constexpr std::string_view kServerForgets = "server_no_context_takeover";
constexpr std::string_view kClientForgets = "client_no_context_takeover";
constexpr std::string_view kServerBits = "server_max_window_bits";
constexpr std::string_view kClientBits = "client_max_window_bits";
constexpr int kMaxBits = 15;
// The least that zlib can inflate with, which reads what was compressed with 8,
// too.
constexpr int kMinBits = 9;

// DeflateParameters: those of one offer or answer.
struct DeflateParameters {
  bool server_forgets = false;
  bool client_forgets = false;
  std::optional<int> server_bits;  // 8 to 15
  std::optional<int> client_bits;  // 8 to 15, or 0: without a value
};

// 8 to 15, without leading zeros.
std::optional<int> ParseBits(const std::string& text) noexcept {
  if (text == "8" || text == "9") return text[0] - '0';
  if (text.size() != 2 || text[0] != '1' || text[1] < '0' || text[1] > '5') {
    return std::nullopt;
  }
  return 10 + text[1] - '0';
}

bool SetFlag(const ExtensionParameter& parameter, bool& flag) noexcept {
  if (flag || parameter.value) return false;
  flag = true;
  return true;
}

bool SetBits(const ExtensionParameter& parameter, bool may_lack_value,
             std::optional<int>& bits) noexcept {
  if (bits) return false;
  if (!parameter.value) {
    bits = 0;
    return may_lack_value;
  }
  bits = ParseBits(*parameter.value);
  return bits.has_value();
}

// nullopt: some parameter is unknown, there twice or has no value that it may
// have.
std::optional<DeflateParameters> ReadParameters(const Extension& extension,
                                                bool is_offer) noexcept {
  DeflateParameters read;
  for (const ExtensionParameter& parameter : extension.parameters) {
    bool is_right = false;
    if (parameter.name == kServerForgets) {
      is_right = SetFlag(parameter, read.server_forgets);
    } else if (parameter.name == kClientForgets) {
      is_right = SetFlag(parameter, read.client_forgets);
    } else if (parameter.name == kServerBits) {
      is_right = SetBits(parameter, false, read.server_bits);
    } else if (parameter.name == kClientBits) {
      is_right = SetBits(parameter, is_offer, read.client_bits);
    }
    if (!is_right) return std::nullopt;
  }
  return read;
}

void AddBits(std::string& text, std::string_view name, int bits) {
  text += fmt::format("; {}={}", name, bits);
}

void AddFlag(std::string& text, std::string_view name) {
  text += "; ";
  text += name;
}

// nullopt: the offer is declined.
std::optional<DeflateAnswer> AnswerOffer(const Extension& extension,
                                         const ws::DeflateOptions& options) {
  const auto offer = ReadParameters(extension, true);
  if (!offer || offer->server_bits == 8) return std::nullopt;

  DeflateAnswer answer;
  DeflateAgreement& agreement = answer.agreement;
  std::string& text = answer.text;
  text = kDeflate;
  agreement.server_keeps_context =
      options.server_keeps_context && !offer->server_forgets;
  if (!agreement.server_keeps_context) AddFlag(text, kServerForgets);
  agreement.client_keeps_context =
      options.client_keeps_context && !offer->client_forgets;
  if (!agreement.client_keeps_context) AddFlag(text, kClientForgets);

  agreement.server_window_bits = std::min(
      options.server_window_bits, offer->server_bits.value_or(kMaxBits));
  if (offer->server_bits || agreement.server_window_bits < kMaxBits) {
    AddBits(text, kServerBits, agreement.server_window_bits);
  }

  // A client that does not offer it might not know that it could be limited.
  if (!offer->client_bits) return answer;
  agreement.client_window_bits = options.client_window_bits;
  // It says that it uses no more than 8: less than could be asked of it.
  if (offer->client_bits == 8) return answer;
  if (offer->client_bits != 0) {
    agreement.client_window_bits =
        std::min(agreement.client_window_bits, *offer->client_bits);
  }
  if (agreement.client_window_bits < kMaxBits) {
    AddBits(text, kClientBits, agreement.client_window_bits);
  }
  return answer;
}

DeflateVerdict Wrong(std::string_view what) noexcept {
  return {.agreement = std::nullopt, .complaint = what};
}

// Whether `answer`, to what was offered with `options`, keeps to that.
DeflateVerdict Conclude(const DeflateParameters& answer,
                        const ws::DeflateOptions& options) noexcept {
  if (!options.server_keeps_context && !answer.server_forgets) {
    return Wrong("would keep its context, and was asked not to");
  }
  const int server_bits = answer.server_bits.value_or(kMaxBits);
  if (server_bits > options.server_window_bits) {
    return Wrong("would use a larger window than asked for");
  }
  const int client_bits =
      answer.client_bits.value_or(options.client_window_bits);
  // No value is none of an answer's.
  if (client_bits > options.client_window_bits || client_bits == 0) {
    return Wrong("asks for a window that was not offered");
  }
  const DeflateAgreement agreement = {
      .server_keeps_context = !answer.server_forgets,
      .client_keeps_context =
          options.client_keeps_context && !answer.client_forgets,
      .server_window_bits = std::max(server_bits, kMinBits),
      .client_window_bits = client_bits};
  return {.agreement = agreement, .complaint = {}};
}

}  // namespace

Result<std::optional<DeflateAnswer>> AnswerDeflateOffers(
    FieldSpan fields, const ws::DeflateOptions& options) {
  const auto extensions = ParseExtensions(fields);
  if (!extensions) {
    return Status(Error::kProtocol, "Sec-WebSocket-Extensions is malformed");
  }
  for (const Extension& extension : *extensions) {
    if (extension.name != kDeflate) continue;
    if (auto answer = AnswerOffer(extension, options)) return answer;
  }
  return std::optional<DeflateAnswer>();
}

std::string DeflateOffer(const ws::DeflateOptions& options) {
  std::string text(kDeflate);
  if (!options.server_keeps_context) AddFlag(text, kServerForgets);
  if (!options.client_keeps_context) AddFlag(text, kClientForgets);
  if (options.server_window_bits < kMaxBits) {
    AddBits(text, kServerBits, options.server_window_bits);
  }
  if (options.client_window_bits < kMaxBits) {
    AddBits(text, kClientBits, options.client_window_bits);
  } else {
    AddFlag(text, kClientBits);
  }
  return text;
}

DeflateVerdict ReadDeflateAnswer(
    FieldSpan fields, const std::optional<ws::DeflateOptions>& options) {
  const auto extensions = ParseExtensions(fields);
  if (!extensions) return Wrong("answers with malformed extensions");
  if (extensions->empty()) return {};
  const Extension& extension = extensions->front();
  if (!options || extension.name != kDeflate) {
    return Wrong("uses an extension that was not offered");
  }
  if (extensions->size() > 1) return Wrong("answers with several extensions");
  const auto answer = ReadParameters(extension, false);
  if (!answer) return Wrong("answers with wrong parameters of an extension");
  return Conclude(*answer, *options);
}

}  // namespace eddy::internal
