// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A progress bar for loops that take a while. On a terminal it is one line that is redrawn at most
/// ten times a second; anywhere else it is a plain line at each tenth of the way, so that logs stay
/// short. Not thread-safe: one thread advances it.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinter/report/grouped.hpp"

namespace sinter {

struct progress_options {
  std::string label = {};
  std::string unit = "steps";  ///< of the throughput: "12,345 images/s"
  double per_step = 1;         ///< such units in one step
  std::FILE* out = stderr;
  int columns = 0;  ///< width of the line; 0: the terminal's
};

/// @cost     advance: one reading of the clock on a terminal, one comparison elsewhere
/// @example  progress bar(steps, {.unit = "images", .per_step = 64});
///           for (...) { bar.metric("loss", loss); bar.advance(); }
class progress {
 public:
  explicit progress(std::int64_t total, progress_options options = {})
      : total_(std::max<std::int64_t>(total, 0)),
        options_(std::move(options)),
        terminal_(options_.out != nullptr && ::isatty(::fileno(options_.out)) == 1),
        start_(clock::now()) {
    const char* kind = std::getenv("TERM");
    if (kind != nullptr && std::string_view(kind) == "dumb") terminal_ = false;
    tenth_ = next_tenth();
    if (terminal_) draw(start_);
  }

  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { finish(); }

  /// The newest value of a quantity; formatted only when a line is drawn.
  void metric(std::string_view name, double value) {
    for (auto& [known, latest] : metrics_) {
      if (known == name) {
        latest = value;
        return;
      }
    }
    metrics_.emplace_back(name, value);
  }

  /// Free text beside the metrics, such as "epoch 3 of 20".
  void note(std::string_view text) { note_ = text; }

  void advance(std::int64_t steps = 1) {
    const std::int64_t room = std::numeric_limits<std::int64_t>::max() - count_;
    count_ += std::clamp<std::int64_t>(steps, 0, room);
    if (finished_) return;
    if (terminal_) {
      if (const auto now = clock::now(); now - drawn_ >= std::chrono::milliseconds(100)) draw(now);
    } else if (count_ >= tenth_) {
      print();
      tenth_ = next_tenth();
    }
  }

  std::int64_t count() const { return count_; }

  /// Draws the last state and ends the line; the destructor does so too.
  void finish() {
    if (std::exchange(finished_, true) || options_.out == nullptr) return;
    if (terminal_) {
      draw(clock::now());
      std::fputc('\n', options_.out);
      std::fflush(options_.out);
    } else if (count_ != printed_) {
      print();
    }
  }

 private:
  using clock = std::chrono::steady_clock;

  /// The count at which the next plain line is due.
  std::int64_t next_tenth() const {
    for (std::int64_t tenth = 1; tenth <= 10 && total_ > 0; ++tenth) {
      const std::int64_t due = tenth * (total_ / 10) + (tenth * (total_ % 10) + 9) / 10;
      if (due > count_) return due;
    }
    return std::numeric_limits<std::int64_t>::max();
  }

  double done() const {
    return total_ == 0 ? 0
                       : std::min(static_cast<double>(count_) / static_cast<double>(total_), 1.0);
  }

  void print() {
    if (options_.out == nullptr) return;
    printed_ = count_;
    std::fprintf(options_.out, "%s%s\n", head().c_str(), tail(clock::now()).c_str());
    std::fflush(options_.out);
  }

  void draw(clock::time_point now) {
    drawn_ = now;
    const int width = columns() - 1;  // the last column would make some terminals wrap
    const std::string left = head(), right = tail(now);
    std::string line = left;
    if (total_ > 0) {
      const int room = std::min(width - cells(left) - cells(right) - 1, 30);
      if (room >= 5) line += ' ' + bar(room - 1);
    }
    line = cut(line + right, width);
    std::fprintf(options_.out, "\r%s\x1b[K", line.c_str());
    std::fflush(options_.out);
  }

  std::string head() const {
    std::string out = clean(options_.label);
    if (!out.empty()) out += ' ';
    if (total_ > 0) {
      const auto percent = std::to_string(static_cast<int>(done() * 100));
      out += std::string(3 - std::min<std::size_t>(percent.size(), 3), ' ') + percent + '%';
    }
    return out;
  }

  std::string tail(clock::time_point now) const {
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    std::string out = (total_ > 0 ? " " : "") + grouped(static_cast<double>(count_));
    if (total_ > 0) out += '/' + grouped(static_cast<double>(total_));
    if (!note_.empty()) out += "  " + clean(note_);
    for (const auto& [name, value] : metrics_) {
      char text[32];
      std::snprintf(text, sizeof text, "%.4g", value);
      out += "  " + clean(name) + ' ' + text;
    }
    if (count_ > 0 && elapsed > 0) {
      const double rate = static_cast<double>(count_) * options_.per_step / elapsed;
      out += "  " + grouped(rate) + ' ' + clean(options_.unit) + "/s";
    }
    out += "  " + duration(elapsed);
    if (count_ > 0 && count_ < total_ && !finished_)
      out += ", " +
             duration(elapsed * (static_cast<double>(total_) / static_cast<double>(count_) - 1)) +
             " left";
    return out;
  }

  /// 12345.6 as "12,346"; small numbers keep two digits.
  static std::string grouped(double x) {
    char text[64];
    if (!(std::abs(x) < 1e15)) return std::snprintf(text, sizeof text, "%.3g", x), text;
    const int digits = x == std::floor(x) || x >= 10 ? 0 : x >= 1 ? 1 : 2;
    std::snprintf(text, sizeof text, "%.*f", digits, x);
    return detail::grouped(text);
  }

  static std::string duration(double seconds) {
    if (!(seconds < 100.0 * 86400)) return "-:--";
    const auto whole = static_cast<int>(std::lround(seconds));
    char text[32];
    if (whole >= 3600) {
      std::snprintf(text, sizeof text, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
      std::snprintf(text, sizeof text, "%d:%02d", whole / 60, whole % 60);
    }
    return text;
  }

  /// A line break or an escape sequence in a name must not break the one line.
  static std::string clean(std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return out;
  }

  /// Columns of the character that begins at `i`; the rest of a UTF-8 character takes none. Beyond
  /// the box and block characters those of three bytes and more may be wide, and count as such.
  static int cells_at(std::string_view text, std::size_t i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) == 0x80) return 0;
    return byte >= 0xe3 ? 2 : 1;
  }

  static int cells(std::string_view text) {
    int sum = 0;
    for (std::size_t i = 0; i < text.size(); ++i) sum += cells_at(text, i);
    return sum;
  }

  static std::string cut(const std::string& text, int width) {
    int used = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      used += cells_at(text, i);
      if (used > width) return text.substr(0, i);
    }
    return text;
  }

  static bool unicode() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
      const char* value = std::getenv(name);
      if (value == nullptr || *value == '\0') continue;
      const std::string_view text(value);
      return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos;
    }
    return false;
  }

  std::string bar(int width) const {
    static constexpr const char* eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const bool blocks = unicode();
    const int inside = width - 2;
    const int filled = static_cast<int>(done() * inside * 8);
    std::string out = blocks ? "▕" : "[";
    for (int i = 0; i < inside; ++i) {
      const int here = std::clamp(filled - 8 * i, 0, 8);
      if (blocks)
        out += here == 8 ? "█" : eighths[here];
      else
        out += here == 8 ? '#' : '.';
    }
    return out + (blocks ? "▏" : "]");
  }

  int columns() const {
    if (options_.columns > 0) return options_.columns;
    struct ::winsize size {};
    if (::ioctl(::fileno(options_.out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
      return size.ws_col;
    const char* text = std::getenv("COLUMNS");
    const int value = text != nullptr ? std::atoi(text) : 0;
    return value > 0 ? value : 80;
  }

  std::int64_t total_, count_ = 0, tenth_ = 0, printed_ = -1;
  progress_options options_;
  bool terminal_, finished_ = false;
  clock::time_point start_, drawn_{};
  std::vector<std::pair<std::string, double>> metrics_;
  std::string note_;
};

}  // namespace sinter
