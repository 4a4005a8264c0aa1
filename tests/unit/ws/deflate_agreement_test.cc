// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// DeflateAgreement tests: offers, answers, and what neither may say.

#include "ws/deflate_agreement.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eddy::internal {
namespace {

using ws::DeflateOptions;

constexpr DeflateOptions kKeepsAll = {.server_keeps_context = true,
                                      .client_keeps_context = true};
constexpr std::string_view kExtensions = "Sec-WebSocket-Extensions";

// What a server answers to these headers: "-" if it declines, "malformed".
std::string AnswerTo(const std::vector<std::string_view>& values,
                     const DeflateOptions& options = kKeepsAll,
                     DeflateAgreement* agreement = nullptr) {
  std::vector<ws::HeaderView> fields = {{"X", "permessage-deflate; \""}};
  for (const auto value : values) fields.push_back({kExtensions, value});
  const auto answer = AnswerDeflateOffers(fields, options);
  if (!answer) {
    EXPECT_EQ(answer.status(), Error::kProtocol);
    return "malformed";
  }
  if (!*answer) return "-";
  if (agreement != nullptr) *agreement = (*answer)->agreement;
  return (*answer)->text;
}

DeflateAgreement AgreementOn(std::string_view offer,
                             const DeflateOptions& options = kKeepsAll) {
  DeflateAgreement agreement;
  EXPECT_NE(AnswerTo({offer}, options, &agreement), "-");
  return agreement;
}

DeflateVerdict VerdictOn(std::string_view answer,
                         const std::optional<DeflateOptions>& options) {
  const ws::HeaderView field = {kExtensions, answer};
  return ReadDeflateAnswer({&field, 1}, options);
}

bool IsWrong(std::string_view answer,
             const std::optional<DeflateOptions>& options = kKeepsAll) {
  const DeflateVerdict verdict = VerdictOn(answer, options);
  EXPECT_TRUE(verdict.complaint.empty() || !verdict.agreement);
  return !verdict.complaint.empty();
}

DeflateAgreement ConcludedFrom(std::string_view answer,
                               const DeflateOptions& options = kKeepsAll) {
  const DeflateVerdict verdict = VerdictOn(answer, options);
  EXPECT_EQ(verdict.complaint, "") << answer;
  EXPECT_TRUE(verdict.agreement.has_value()) << answer;
  return verdict.agreement.value_or(DeflateAgreement());
}

TEST(DeflateAnswerTest, DeclinesWhatIsNotDeflate) {
  EXPECT_EQ(AnswerTo({}), "-");
  EXPECT_EQ(AnswerTo({""}), "-");
  EXPECT_EQ(AnswerTo({"x-webkit-deflate-frame, mux; a=b; c"}), "-");
}

TEST(DeflateAnswerTest, AcceptsThePlainOffer) {
  EXPECT_EQ(AnswerTo({"permessage-deflate"}), "permessage-deflate");
  EXPECT_EQ(AgreementOn("permessage-deflate"),
            (DeflateAgreement{.server_keeps_context = true,
                              .client_keeps_context = true}));
}

TEST(DeflateAnswerTest, ForgetsContextsUnlessTheOptionsKeepThem) {
  EXPECT_EQ(AnswerTo({"permessage-deflate"}, {}),
            "permessage-deflate; server_no_context_takeover; "
            "client_no_context_takeover");
  EXPECT_EQ(AgreementOn("permessage-deflate", {}), DeflateAgreement());
}

TEST(DeflateAnswerTest, ForgetsContextsIfTheClientAsks) {
  EXPECT_EQ(AnswerTo({"permessage-deflate; server_no_context_takeover"}),
            "permessage-deflate; server_no_context_takeover");
  EXPECT_FALSE(AgreementOn("permessage-deflate; server_no_context_takeover")
                   .server_keeps_context);
  EXPECT_EQ(AnswerTo({"permessage-deflate; client_no_context_takeover"}),
            "permessage-deflate; client_no_context_takeover");
  EXPECT_FALSE(AgreementOn("permessage-deflate; client_no_context_takeover")
                   .client_keeps_context);
}

TEST(DeflateAnswerTest, TakesTheSmallerOfBothServerWindows) {
  DeflateOptions options = kKeepsAll;
  EXPECT_EQ(AnswerTo({"permessage-deflate; server_max_window_bits=10"}),
            "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(AnswerTo({"permessage-deflate; server_max_window_bits=15"}),
            "permessage-deflate; server_max_window_bits=15");
  options.server_window_bits = 12;
  EXPECT_EQ(
      AnswerTo({"permessage-deflate; server_max_window_bits=14"}, options),
      "permessage-deflate; server_max_window_bits=12");
  EXPECT_EQ(AnswerTo({"permessage-deflate"}, options),
            "permessage-deflate; server_max_window_bits=12");
  EXPECT_EQ(AgreementOn("permessage-deflate", options).server_window_bits, 12);
}

TEST(DeflateAnswerTest, LimitsTheClientsWindowOnlyIfThatIsOffered) {
  DeflateOptions options = kKeepsAll;
  options.client_window_bits = 11;
  EXPECT_EQ(AnswerTo({"permessage-deflate"}, options), "permessage-deflate");
  EXPECT_EQ(AgreementOn("permessage-deflate", options).client_window_bits, 15);
  constexpr std::string_view kOffer =
      "permessage-deflate; client_max_window_bits";
  EXPECT_EQ(AnswerTo({kOffer}, options),
            "permessage-deflate; client_max_window_bits=11");
  EXPECT_EQ(AgreementOn(kOffer, options).client_window_bits, 11);
  EXPECT_EQ(AnswerTo({kOffer}), "permessage-deflate");
  EXPECT_EQ(AgreementOn(kOffer).client_window_bits, 15);
}

TEST(DeflateAnswerTest, TakesTheSmallerOfBothClientWindows) {
  DeflateOptions options = kKeepsAll;
  options.client_window_bits = 11;
  EXPECT_EQ(
      AnswerTo({"permessage-deflate; client_max_window_bits=10"}, options),
      "permessage-deflate; client_max_window_bits=10");
  EXPECT_EQ(
      AnswerTo({"permessage-deflate; client_max_window_bits=14"}, options),
      "permessage-deflate; client_max_window_bits=11");
}

TEST(DeflateAnswerTest, InflatesAWindowOf8BitsWithALargerOne) {
  DeflateOptions options = kKeepsAll;
  constexpr std::string_view kOffer =
      "permessage-deflate; client_max_window_bits=8";
  EXPECT_EQ(AnswerTo({kOffer}), "permessage-deflate");
  EXPECT_EQ(AgreementOn(kOffer).client_window_bits, 15);
  options.client_window_bits = 9;
  EXPECT_EQ(AnswerTo({kOffer}, options), "permessage-deflate");
  EXPECT_EQ(AgreementOn(kOffer, options).client_window_bits, 9);
}

TEST(DeflateAnswerTest, DeclinesAServerWindowOf8Bits) {
  EXPECT_EQ(AnswerTo({"permessage-deflate; server_max_window_bits=8"}), "-");
}

TEST(DeflateAnswerTest, DeclinesParametersThatCanNotBe) {
  for (const std::string parameters :
       {"unknown",
        "server_no_context_takeover=1",
        "client_no_context_takeover=\"a\"",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=010",
        "server_max_window_bits=1x",
        "server_max_window_bits=100",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=09",
        "client_max_window_bits=-9",
        "client_max_window_bits=+9",
        "Client_max_window_bits",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=9; server_max_window_bits=9",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits=9; client_max_window_bits"}) {
    EXPECT_EQ(AnswerTo({"permessage-deflate; " + parameters}), "-")
        << parameters;
  }
}

TEST(DeflateAnswerTest, TakesTheFirstOfferItCanKeep) {
  EXPECT_EQ(AnswerTo({"other, permessage-deflate; unknown",
                      "permessage-deflate; server_max_window_bits=8,"
                      "permessage-deflate; server_max_window_bits=9 , "
                      "permessage-deflate"}),
            "permessage-deflate; server_max_window_bits=9");
}

TEST(DeflateAnswerTest, ReadsQuotedValuesAndBlanks) {
  constexpr std::string_view kExpected =
      "permessage-deflate; server_max_window_bits=10";
  for (const std::string_view offer :
       {"permessage-deflate;server_max_window_bits=\"10\"",
        "\tpermessage-deflate ;\tserver_max_window_bits = 10 ",
        "permessage-deflate; server_max_window_bits=\"\\1\\0\"",
        ",, permessage-deflate; server_max_window_bits=10,,"}) {
    EXPECT_EQ(AnswerTo({offer}), kExpected) << offer;
  }
}

TEST(DeflateAnswerTest, FindsMalformedHeaders) {
  for (const std::string_view value :
       {";", "a;", "a;;b", "a; =b", "a; b=", "a; b=\"", "a; b=\"c",
        "a; b=\"c\\", "a; b=\"\"", "a; b=\"c d\"", "a; b=\"c\"d", "a b",
        "a; b c", "a/b", "a; b=c=d", "\"a\"", "a; b=,", "=a"}) {
    EXPECT_EQ(AnswerTo({value}), "malformed") << value;
    EXPECT_EQ(AnswerTo({"permessage-deflate", value}), "malformed") << value;
    EXPECT_TRUE(IsWrong(value)) << value;
  }
}

TEST(DeflateOfferTest, SaysWhatTheOptionsSay) {
  EXPECT_EQ(DeflateOffer(kKeepsAll),
            "permessage-deflate; client_max_window_bits");
  EXPECT_EQ(DeflateOffer({}),
            "permessage-deflate; server_no_context_takeover; "
            "client_no_context_takeover; client_max_window_bits");
  DeflateOptions options = kKeepsAll;
  options.server_window_bits = 12;
  options.client_window_bits = 9;
  EXPECT_EQ(DeflateOffer(options),
            "permessage-deflate; server_max_window_bits=12; "
            "client_max_window_bits=9");
}

TEST(DeflateVerdictTest, ASilentServerDoesNotCompress) {
  const DeflateVerdict verdict = ReadDeflateAnswer({}, kKeepsAll);
  EXPECT_FALSE(verdict.agreement);
  EXPECT_EQ(verdict.complaint, "");
  EXPECT_FALSE(VerdictOn("", std::nullopt).agreement);
}

TEST(DeflateVerdictTest, TakesWhatTheServerChooses) {
  EXPECT_EQ(ConcludedFrom("permessage-deflate"),
            (DeflateAgreement{.server_keeps_context = true,
                              .client_keeps_context = true}));
  EXPECT_EQ(ConcludedFrom("permessage-deflate; client_no_context_takeover; "
                          "server_no_context_takeover"),
            DeflateAgreement());
  EXPECT_EQ(ConcludedFrom("permessage-deflate; client_max_window_bits=10; "
                          "server_max_window_bits=\"11\""),
            (DeflateAgreement{.server_keeps_context = true,
                              .client_keeps_context = true,
                              .server_window_bits = 11,
                              .client_window_bits = 10}));
}

TEST(DeflateVerdictTest, InflatesAWindowOf8BitsWith9) {
  EXPECT_EQ(ConcludedFrom("permessage-deflate; server_max_window_bits=8")
                .server_window_bits,
            9);
}

TEST(DeflateVerdictTest, AgreesToAWindowOf8Bits) {
  EXPECT_EQ(ConcludedFrom("permessage-deflate; client_max_window_bits=8")
                .client_window_bits,
            8);
}

TEST(DeflateVerdictTest, ForgetsWhatTheOptionsDoNotKeep) {
  EXPECT_EQ(ConcludedFrom("permessage-deflate; server_no_context_takeover", {}),
            DeflateAgreement());
  DeflateOptions options = kKeepsAll;
  options.client_window_bits = 10;
  EXPECT_EQ(ConcludedFrom("permessage-deflate", options).client_window_bits,
            10);
}

TEST(DeflateVerdictTest, FindsWhatWasNotOffered) {
  EXPECT_TRUE(IsWrong("permessage-deflate", std::nullopt));
  EXPECT_TRUE(IsWrong("mux"));
  EXPECT_TRUE(IsWrong("permessage-deflate, mux"));
  EXPECT_TRUE(IsWrong("permessage-deflate, permessage-deflate"));
  EXPECT_TRUE(IsWrong("permessage-deflate; unknown"));
}

TEST(DeflateVerdictTest, FindsParametersThatCanNotBe) {
  for (const std::string parameters :
       {"client_max_window_bits", "client_max_window_bits=16",
        "server_max_window_bits", "server_max_window_bits=7",
        "server_no_context_takeover=1",
        "client_no_context_takeover; client_no_context_takeover"}) {
    EXPECT_TRUE(IsWrong("permessage-deflate; " + parameters)) << parameters;
  }
}

TEST(DeflateVerdictTest, FindsAnswersThatDoNotKeepToTheOffer) {
  DeflateOptions options = kKeepsAll;
  options.server_window_bits = 11;
  options.client_window_bits = 12;
  EXPECT_TRUE(IsWrong("permessage-deflate", options));
  EXPECT_TRUE(
      IsWrong("permessage-deflate; server_max_window_bits=12", options));
  EXPECT_FALSE(
      IsWrong("permessage-deflate; server_max_window_bits=11", options));
  EXPECT_TRUE(
      IsWrong("permessage-deflate; server_max_window_bits=11; "
              "client_max_window_bits=13",
              options));
  EXPECT_TRUE(IsWrong("permessage-deflate", DeflateOptions()));
}

// Whatever both sides want, the server finds an answer that the client takes,
// and both agree.
TEST(DeflateAgreementTest, BothSidesAgree) {
  for (int bits = 0; bits < 1 << 8; ++bits) {
    const auto options_of = [bits](int shift) {
      const int mine = bits >> shift;
      return DeflateOptions{.server_keeps_context = (mine & 1) != 0,
                            .client_keeps_context = (mine & 2) != 0,
                            .server_window_bits = (mine & 4) != 0 ? 15 : 9,
                            .client_window_bits = (mine & 8) != 0 ? 15 : 11};
    };
    const DeflateOptions client = options_of(0);
    const DeflateOptions server = options_of(4);
    DeflateAgreement agreement;
    const std::string answer =
        AnswerTo({DeflateOffer(client)}, server, &agreement);
    EXPECT_EQ(ConcludedFrom(answer, client), agreement) << answer;
  }
}

}  // namespace
}  // namespace eddy::internal
