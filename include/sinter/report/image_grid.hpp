// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Small grey images in a grid, each pixel enlarged to a crisp square, with a caption below: the
/// digits that a network misread, or the weights of its first layer.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/report/axis.hpp"
#include "sinter/report/svg.hpp"

namespace sinter {

/// Pixels row by row; the lowest value of all images is drawn white, the highest black.
struct grey_image {
  std::int64_t height = 0, width = 0;
  std::vector<float> pixels = {};
  std::string caption = {};
};

struct image_grid_options {
  std::string title = {};
  std::string when_empty = "nothing to show";  ///< the text where there are no images
  std::int64_t columns = 0;                    ///< 0: chosen by their number
  std::int64_t most = 60;                      ///< further images are counted, not drawn
};

namespace detail::plot {

inline constexpr std::size_t grey_levels = 48;

/// One path per grey level, of one rectangle per run of equal pixels: a tenth of the size of one
/// element per pixel.
inline void draw_image(svg::canvas& out, const grey_image& image, double left, double top,
                       double pixel, float low, float high) {
  std::array<std::string, grey_levels> paths;
  std::string missing;
  const auto rows = static_cast<std::size_t>(image.height);
  const auto columns = static_cast<std::size_t>(image.width);
  const auto level_of = [&](float value) {
    if (!std::isfinite(value)) return grey_levels;
    const float share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.0f;
    return static_cast<std::size_t>(std::lround(share * (grey_levels - 1)));
  };
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns;) {
      const std::size_t level = level_of(image.pixels[row * columns + column]);
      std::size_t end = column + 1;
      while (end < columns && level_of(image.pixels[row * columns + end]) == level) ++end;
      const std::string run = svg::number(static_cast<double>(end - column) * pixel);
      (level == grey_levels ? missing : paths[level]) +=
          'M' + svg::number(left + static_cast<double>(column) * pixel) + ' ' +
          svg::number(top + static_cast<double>(row) * pixel) + 'h' + run + 'v' +
          svg::number(pixel) + "h-" + run + 'z';
      column = end;
    }
  }
  for (std::size_t level = 1; level < grey_levels; ++level) {  // level 0 is the white below
    if (paths[level].empty()) continue;
    const double grey = 255 - 235.0 * static_cast<double>(level) / (grey_levels - 1);
    std::string color = "#";
    for (int i = 0; i < 3; ++i) {
      color += "0123456789abcdef"[std::lround(grey) / 16];
      color += "0123456789abcdef"[std::lround(grey) % 16];
    }
    out.path(paths[level], {.fill = color}, true);
  }
  if (!missing.empty()) out.path(missing, {.fill = "#e8a07a"}, true);
}

}  // namespace detail::plot

/// Draws the images in rows, in the order given; pixels that are not finite are orange.
/// @errors   shape_error for an image whose pixels are not height * width
/// @example  image_grid(misread, {.title = "misread digits"}).save("misread.svg");
inline svg::canvas image_grid(const std::vector<grey_image>& images,
                              const image_grid_options& options = {}) {
  namespace draw = detail::plot;
  const std::size_t shown =
      std::min(images.size(), static_cast<std::size_t>(std::max<std::int64_t>(options.most, 0)));
  float low = std::numeric_limits<float>::infinity(), high = -low;
  std::int64_t tall = 1, wide = 1;
  double caption_width = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    const grey_image& image = images[i];
    if (image.height < 0 || image.width < 0 ||
        image.pixels.size() != static_cast<std::size_t>(image.height * image.width))
      throw shape_error("image_grid: image " + std::to_string(i) + " is " +
                        std::to_string(image.height) + " x " + std::to_string(image.width) +
                        " but has " + std::to_string(image.pixels.size()) + " pixels");
    tall = std::max(tall, image.height), wide = std::max(wide, image.width);
    caption_width = std::max(caption_width, draw::text_width(image.caption, 12));
    for (const float value : image.pixels)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  // Whole pixels, so that edges stay sharp: an 8 x 8 digit becomes 80 pixels wide.
  const double pixel = std::max(std::floor(84.0 / static_cast<double>(std::max(tall, wide))), 1.0);
  const double cell = std::max(static_cast<double>(wide) * pixel, std::min(caption_width, 150.0));
  const double pitch_x = cell + 20;
  const double pitch_y = static_cast<double>(tall) * pixel + 40;
  const auto wanted = options.columns > 0
                          ? static_cast<std::size_t>(options.columns)
                          : static_cast<std::size_t>(std::clamp(
                                std::ceil(std::sqrt(1.8 * static_cast<double>(shown))), 1.0, 10.0));
  const std::size_t columns = std::max<std::size_t>(std::min(wanted, shown), 1);
  const std::size_t rows = (shown + columns - 1) / columns;
  const double top = options.title.empty() ? 24 : 56;
  const bool rest = shown < images.size();
  svg::canvas out(std::max({28 + static_cast<double>(columns) * pitch_x,
                            std::min(draw::text_width(options.title, 17) + 48, 800.0), 320.0}),
                  top + std::max(static_cast<double>(rows) * pitch_y, 70.0) + (rest ? 24 : 0),
                  options.title);
  out.text(24, 32, draw::fit(options.title, 17, out.width() - 48),
           {.size = 17, .color = draw::ink, .bold = true});
  if (images.empty())
    out.text(out.width() / 2, top + 30, options.when_empty,
             {.size = 14, .color = draw::soft_ink, .at = svg::anchor::middle});
  for (std::size_t i = 0; i < shown; ++i) {
    const double width = static_cast<double>(images[i].width) * pixel;
    const double height = static_cast<double>(images[i].height) * pixel;
    const double x =
        24 + static_cast<double>(i % columns) * pitch_x + std::floor((cell - width) / 2);
    const double y = top + static_cast<double>(i / columns) * pitch_y;
    draw::draw_image(out, images[i], x, y, pixel, low, high);
    out.rect(x - 0.5, y - 0.5, width + 1, height + 1, {.stroke = "#ccd3db"});
    out.text(x + width / 2, y + height + 18, draw::fit(images[i].caption, 12, cell + 12),
             {.size = 12, .color = draw::ink, .at = svg::anchor::middle});
  }
  if (rest)
    out.text(24, out.height() - 14,
             "showing " + draw::short_number(static_cast<double>(shown)) + " of " +
                 draw::short_number(static_cast<double>(images.size())),
             {.size = 12, .color = draw::soft_ink});
  return out;
}

}  // namespace sinter
