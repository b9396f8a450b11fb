// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A small writer of SVG pictures: shapes and text in the order they are drawn.
/// Invariants: the text is well-formed XML whatever strings and numbers come in (a shape with a
/// coordinate that is not finite is left out), and a file either appears whole or not at all.

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "sinter/io/file.hpp"

namespace sinter::svg {

struct point {
  double x, y;
};

/// How a shape is painted; colours are CSS ("#0072b2", "none").
struct paint {
  std::string_view fill = "none";
  std::string_view stroke = "none";
  double width = 1;
  std::string_view dash = {};  ///< "6 3": drawn and left out, in turn
  double opacity = 1;
};

enum class anchor { start, middle, end };

struct font {
  double size = 13;
  std::string_view color = "#1f2933";
  anchor at = anchor::start;
  bool bold = false;
  double rotate = 0;  ///< degrees about the point, clockwise
};

/// `text` as XML character data: markup escaped, and what XML cannot hold (control characters,
/// bytes that are no UTF-8) as U+FFFD.
inline std::string escape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80                   ? 1
                               : byte >= 0xc2 && byte < 0xe0 ? 2
                               : byte >= 0xe0 && byte < 0xf0 ? 3
                               : byte >= 0xf0 && byte < 0xf5 ? 4
                                                             : 0;
    std::uint32_t code = length == 1 ? byte : byte & (0x7fu >> length);
    bool valid = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; valid && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      valid = (next & 0xc0) == 0x80;
      code = code << 6 | (next & 0x3f);
    }
    valid = valid && (code >= 0x20 || code == '\t' || code == '\n') && code != 0x7f &&
            !(length == 3 && code < 0x800) &&
            !(length == 4 && (code < 0x10000 || code > 0x10ffff)) &&
            !(code >= 0xd800 && code < 0xe000) && code != 0xfffe && code != 0xffff;
    if (!valid)
      out += "\xef\xbf\xbd";
    else if (byte == '&')
      out += "&amp;";
    else if (byte == '<')
      out += "&lt;";
    else if (byte == '>')
      out += "&gt;";
    else if (byte == '"')
      out += "&quot;";
    else if (byte == '\'')
      out += "&#39;";
    else
      out.append(text, i, length);
    i += valid ? length : 1;
  }
  return out;
}

/// A coordinate with at most two decimals: a hundredth of a pixel.
inline std::string number(double x) {
  if (!(std::abs(x) < 1e9)) x = std::isnan(x) ? 0 : x < 0 ? -1e9 : 1e9;
  x = std::round(x * 100) / 100 + 0.0;  // + 0.0 makes -0 a zero
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

/// A picture of a fixed size in pixels, white at first; y grows downwards.
/// @example  svg::canvas c(200, 100); c.rect(10, 10, 80, 30, {.fill = "#0072b2"}); c.save("a.svg");
class canvas {
 public:
  canvas(double width, double height, std::string_view title = {})
      : width_(width), height_(height), title_(escape(title)) {
    rect(0, 0, width, height, {.fill = "#ffffff"});
  }

  double width() const { return width_; }
  double height() const { return height_; }

  void rect(double x, double y, double width, double height, const paint& how, double radius = 0) {
    if (!finite({x, y, width, height})) return;
    open("rect");
    add("x", x), add("y", y), add("width", width), add("height", height);
    if (radius > 0) add("rx", radius);
    close(how);
  }

  void line(point from, point to, const paint& how) {
    if (!finite({from.x, from.y, to.x, to.y})) return;
    open("line");
    add("x1", from.x), add("y1", from.y), add("x2", to.x), add("y2", to.y);
    close(how);
  }

  void circle(point center, double radius, const paint& how) {
    if (!finite({center.x, center.y, radius})) return;
    open("circle");
    add("cx", center.x), add("cy", center.y), add("r", radius);
    close(how);
  }

  /// A line through the points, with a gap wherever one is not finite.
  void polyline(std::span<const point> points, const paint& how) {
    std::string data;
    bool drawing = false;
    for (const point& p : points) {
      const bool shown = finite({p.x, p.y});
      if (shown) data += (drawing ? 'L' : 'M') + number(p.x) + ' ' + number(p.y);
      drawing = shown;
    }
    if (!data.empty()) path(data, how);
  }

  /// Any shape, in SVG's path language. `crisp` keeps edges on pixel borders sharp.
  void path(std::string_view data, const paint& how, bool crisp = false) {
    open("path");
    add("d", data);
    if (crisp)
      add("shape-rendering", "crispEdges");
    else
      add("stroke-linejoin", "round"), add("stroke-linecap", "round");
    close(how);
  }

  void text(double x, double y, std::string_view words, const font& how = {}) {
    if (!finite({x, y})) return;
    open("text");
    add("x", x), add("y", y), add("font-size", how.size), add("fill", how.color);
    if (how.at != anchor::start) add("text-anchor", how.at == anchor::end ? "end" : "middle");
    if (how.bold) add("font-weight", "600");
    if (how.rotate != 0)
      add("transform", "rotate(" + number(how.rotate) + ' ' + number(x) + ' ' + number(y) + ')');
    body_ += '>' + escape(words) + "</text>\n";
  }

  /// The whole document.
  std::string str() const {
    const std::string w = number(width_), h = number(height_);
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h +
           "\" viewBox=\"0 0 " + w + ' ' + h +
           "\" font-family=\"Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans',"
           " 'DejaVu Sans', sans-serif\" role=\"img\">\n" +
           (title_.empty() ? "" : "<title>" + title_ + "</title>\n") + body_ + "</svg>\n";
  }

  /// Writes the document; a file of that name is replaced in one step.
  /// @errors io_error with the path and the reason, and the old file untouched
  void save(const std::string& path) const { detail::write_file(path, {str()}); }

 private:
  static bool finite(std::initializer_list<double> values) {
    for (const double x : values)
      if (!std::isfinite(x)) return false;
    return true;
  }

  void open(std::string_view tag) { (body_ += '<') += tag; }

  void add(std::string_view key, std::string_view value) {
    (((body_ += ' ') += key) += "=\"") += escape(value);
    body_ += '"';
  }
  void add(std::string_view key, double value) { add(key, std::string_view(number(value))); }

  void close(const paint& how) {
    add("fill", how.fill);
    if (how.stroke != "none") add("stroke", how.stroke), add("stroke-width", how.width);
    if (!how.dash.empty()) add("stroke-dasharray", how.dash);
    if (how.opacity != 1) add("opacity", how.opacity);
    body_ += "/>\n";
  }

  double width_, height_;
  std::string title_, body_;
};

}  // namespace sinter::svg
