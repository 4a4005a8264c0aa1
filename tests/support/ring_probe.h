// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RingProbe: what the kernel tells of this process's io_uring.

#ifndef EDDY_SUPPORT_RING_PROBE_H_
#define EDDY_SUPPORT_RING_PROBE_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace eddy::test {

// RingProbe: the counters of a ring that is not ours to look into. A test that
// was written for a full queue sees by them that the queue was full.
//
// Thread: the ring's.
class RingProbe {
 public:
  // What is so at one moment.
  struct State {
    std::uint32_t submitted = 0;  // ever, as far as the kernel has taken them
    std::uint32_t completed = 0;  // ever, as far as the queue had room
    std::uint32_t waiting = 0;    // completions in the queue
    std::uint32_t capacity = 0;   // of the queue
    std::size_t overrun = 0;      // completions that the queue has no room for
  };

  // REQUIRES: there is one ring in this process.
  RingProbe() {
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      const auto target = std::filesystem::read_symlink(entry.path(), error);
      if (target != "anon_inode:[io_uring]") continue;
      EXPECT_TRUE(path_.empty()) << "there are two rings";
      path_ = "/proc/self/fdinfo/" + entry.path().filename().string();
    }
    EXPECT_FALSE(path_.empty()) << "there is no ring";
  }

  State Read() const {
    State state;
    bool is_in_overrun = false;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      if (is_in_overrun) {
        if (line.find("user_data") != line.npos) ++state.overrun;
      } else if (line.starts_with("SqHead:")) {
        state.submitted = ValueOf(line);
      } else if (line.starts_with("CqMask:")) {
        state.capacity = ValueOf(line) + 1;
      } else if (line.starts_with("CqHead:")) {
        state.waiting -= ValueOf(line);
      } else if (line.starts_with("CqTail:")) {
        state.completed = ValueOf(line);
        state.waiting += state.completed;
      } else if (line.starts_with("CqOverflowList:")) {
        is_in_overrun = true;
      }
    }
    EXPECT_GT(state.capacity, 0U) << path_;
    return state;
  }

 private:
  // Of "Name:\t12" or "Name:\t0xfff".
  static std::uint32_t ValueOf(const std::string& line) {
    const std::size_t colon = line.find(':');
    return static_cast<std::uint32_t>(
        std::stoul(line.substr(colon + 1), nullptr, 0));
  }

  std::string path_;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_RING_PROBE_H_
