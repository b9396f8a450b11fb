// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tables of text, as reports print them, and lines that fit a page.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sinter::detail {

/// Breaks a text after `mark` so that it fits between `indent` and `width`; what follows the first
/// line stands four columns further in.
inline std::string wrapped(std::string_view text, int indent, int width,
                           std::string_view mark = " ") {
  std::string page;
  for (bool first = true; !text.empty(); first = false) {
    const int margin = indent + (first ? 0 : 4);
    const auto room = static_cast<std::size_t>(std::max(width - margin, 20));
    std::size_t end = text.size();
    if (end > room) {
      end = text.rfind(mark, room - mark.size() + 1);
      if (end == text.npos) end = text.find(mark);
      end = end == text.npos ? text.size() : end + mark.size() - 1;
    }
    page += std::string(static_cast<std::size_t>(margin), ' ') + std::string(text.substr(0, end));
    page += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return page;
}

/// The first and the last of many lines.
inline std::vector<std::string> elided(std::vector<std::string> lines, int most) {
  const auto limit = static_cast<std::size_t>(std::max(most, 4));
  if (lines.size() <= limit) return lines;
  const std::size_t head = limit - 3, left_out = lines.size() - limit + 1;
  const auto at = lines.begin() + static_cast<std::ptrdiff_t>(head);
  const auto rest = lines.erase(at, at + static_cast<std::ptrdiff_t>(left_out));
  lines.insert(rest, "... " + std::to_string(left_out) + " more ...");
  return lines;
}

inline std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

/// Columns as wide as their widest cell, numbers to the right. The first row is the head.
class text_table {
 public:
  using row = std::vector<std::string>;

  /// `left`: the columns whose cells stand to the left.
  explicit text_table(std::vector<std::size_t> left) : left_(std::move(left)) {}

  /// A row, and lines of text below it.
  void add(row cells, std::vector<std::string> below = {}) {
    rows_.push_back({std::move(cells), std::move(below)});
  }
  /// A rule before the next row.
  void rule() { ruled_.push_back(rows_.size()); }

  std::string text(int width) const {
    std::vector<std::size_t> widths;
    for (const entry& e : rows_)
      for (std::size_t c = 0; c < e.cells.size(); ++c) {
        if (c == widths.size()) widths.push_back(0);
        widths[c] = std::max(widths[c], e.cells[c].size());
      }
    std::size_t total = 0;
    for (const std::size_t w : widths) total += w + 2;
    const std::string line_of_dashes = "  " + std::string(total > 2 ? total - 2 : 0, '-') + '\n';
    std::string page;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (r == 1 || std::find(ruled_.begin(), ruled_.end(), r) != ruled_.end())
        page += line_of_dashes;
      std::string line;
      for (std::size_t c = 0; c < rows_[r].cells.size(); ++c) {
        const std::string& cell = rows_[r].cells[c];
        const std::string gap(widths[c] - cell.size(), ' ');
        const bool left = std::find(left_.begin(), left_.end(), c) != left_.end();
        line += "  " + (left ? cell + gap : gap + cell);
      }
      page += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
      for (const std::string& text : rows_[r].below)
        page += wrapped(text, static_cast<int>(widths[0]) + 4, width);
    }
    return page;
  }

 private:
  struct entry {
    row cells;
    std::vector<std::string> below;
  };

  std::vector<std::size_t> left_, ruled_;
  std::vector<entry> rows_;
};

}  // namespace sinter::detail
