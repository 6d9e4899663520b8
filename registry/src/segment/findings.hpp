// What a look at a segment finds, and how it is made sure of while others
// change the segment.
//
// A finding is an error (no instruction of any operation leaves this), a
// leftover (a death left it, and the next reaping or the next to take a lock
// mends it), or unsettled (a living participant is in the middle of a change
// that explains it). Only what is found again at every one of several looks is
// reported.
//
// An ordinary value of one thread.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ipcarc/options.hpp"

namespace ipcarc::detail {

enum class Severity { error, leftover, unsettled };

struct Finding {
  Severity severity;
  std::string text;
  friend bool operator==(const Finding&, const Finding&) = default;
};

/// What one look at one thing found.
class Look {
 public:
  void error(std::string text) { found_.push_back({Severity::error, std::move(text)}); }
  void leftover(std::string text) { found_.push_back({Severity::leftover, std::move(text)}); }
  void add(Severity severity, std::string text) { found_.push_back({severity, std::move(text)}); }
  bool nothing() const noexcept { return found_.empty(); }
  const std::vector<Finding>& found() const noexcept { return found_; }
  /// Forgets what `again` did not find too.
  void keep_only(const Look& again) {
    std::erase_if(found_, [&](const Finding& finding) {
      return std::find(again.found_.begin(), again.found_.end(), finding) == again.found_.end();
    });
  }

 private:
  std::vector<Finding> found_;
};

class Findings {
 public:
  /// `changing`: somebody may be changing the segment, so that looks are
  /// repeated.
  Findings(CheckReport& report, const CheckProgress& progress, bool changing)
      : report_(report), progress_(progress), changing_(changing) {}
  ~Findings() {
    tell_more(report_.errors, more_errors_);
    tell_more(report_.leftovers, more_leftovers_);
  }
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  CheckReport& report() noexcept { return report_; }

  void error(std::string text) { add({Severity::error, std::move(text)}); }
  void leftover(std::string text) { add({Severity::leftover, std::move(text)}); }

  /// Reports what `look` finds, if it still does at each of several looks.
  /// `look(Look&)` gives false if the thing changed while it looked. `cost`:
  /// about how many reads a look is; when many looks were dear already, one has
  /// to do.
  template <class F>
  void settle(std::uint64_t cost, F look) {
    Look kept;
    bool still = look(kept);
    const int looks = changing_ && !full() && spend(cost) ? most_looks : 1;
    for (int i = 1; still && i < looks && !kept.nothing(); ++i) {
      // Most changes last less than a turn of the processor; a few are of who
      // lost it.
      if (i < most_looks - 4 || ++sleeps_ > most_sleeps) {
        ::sched_yield();
      } else {
        ::usleep(250);
      }
      Look again;
      still = look(again);
      kept.keep_only(again);
    }
    if (!still) {
      report_.unsettled += 1;
      return;
    }
    for (const Finding& finding : kept.found()) {
      add(finding);
    }
  }

  /// The steps to come, all in all.
  void expect(std::uint64_t steps) noexcept { total_ += steps; }
  /// Some steps were done: tells who wants to know, now and then.
  void passed(std::uint64_t steps) {
    done_ += steps;
    if (progress_ && (done_ >= told_ + total_ / 256 + 1 || done_ >= total_)) {
      told_ = done_;
      progress_(std::min(done_, total_), total_);
    }
  }

 private:
  static constexpr std::size_t most_findings = 100;  // of a kind; more are counted
  static constexpr int most_looks = 12;
  static constexpr int most_sleeps = 4000;
  static constexpr std::uint64_t most_reads = 8'000'000;

  bool full() const noexcept { return report_.errors.size() >= most_findings; }
  bool spend(std::uint64_t cost) noexcept {
    spent_ += cost * most_looks;
    return spent_ <= most_reads;
  }
  void add(const Finding& finding) {
    switch (finding.severity) {
      case Severity::error:
        put(report_.errors, more_errors_, finding.text);
        break;
      case Severity::leftover:
        put(report_.leftovers, more_leftovers_, finding.text);
        break;
      case Severity::unsettled:
        report_.unsettled += 1;
    }
  }
  static void put(std::vector<std::string>& list, std::uint64_t& more, const std::string& text) {
    if (list.size() < most_findings) {
      list.push_back(text);
    } else {
      ++more;
    }
  }
  static void tell_more(std::vector<std::string>& list, std::uint64_t more) {
    if (more != 0) {
      list.push_back("and " + std::to_string(more) + " more");
    }
  }

  CheckReport& report_;
  const CheckProgress& progress_;
  bool changing_;
  std::uint64_t more_errors_ = 0;
  std::uint64_t more_leftovers_ = 0;
  std::uint64_t spent_ = 0;
  int sleeps_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace ipcarc::detail
