// SPDX-License-Identifier: Apache-2.0

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "sinter/report/confusion.hpp"
#include "sinter/io/csv.hpp"
#include "sinter/report/plot.hpp"
#include "sinter/report/progress.hpp"

namespace fs = std::filesystem;

namespace {

/// A folder of its own, gone at the end.
struct scratch {
  fs::path path;

  scratch() {
    std::string name = (fs::temp_directory_path() / "sinter-report-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~scratch() { fs::remove_all(path); }

  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path / name, std::ios::binary) << content;
    return *this / name;
  }
  auto count() const { return std::distance(fs::directory_iterator(path), {}); }
};

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string written(std::FILE* file) {
  std::string out;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) out += static_cast<char>(c);
  return out;
}

std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (std::size_t at = text.find(of); at != text.npos; at = text.find(of, at + of.size())) ++count;
  return count;
}

std::string csv_error(const std::string& path, const sinter::csv_options& options = {}) {
  try {
    sinter::read_csv(path, options);
  } catch (const sinter::io_error& error) {
    const std::string text = error.what();
    CHECK(text.find("cannot read '" + path + "': ") == 0);
    return text.substr(std::min(text.size(), path.size() + 16));
  }
  return "no error";
}

/// The two ends of a pseudo-terminal of the given width.
struct terminal {
  int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  std::FILE* file = nullptr;

  explicit terminal(unsigned short columns) {
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) return;
    file = std::fopen(::ptsname(master), "w");
    const ::winsize size{24, columns, 0, 0};
    if (file != nullptr) ::ioctl(::fileno(file), TIOCSWINSZ, &size);
    ::fcntl(master, F_SETFL, O_NONBLOCK);
  }
  ~terminal() {
    if (file != nullptr) std::fclose(file);
    if (master >= 0) ::close(master);
  }

  std::string read() const {
    std::string out;
    char buffer[4096];
    for (::ssize_t n; (n = ::read(master, buffer, sizeof buffer)) > 0;)
      out.append(buffer, static_cast<std::size_t>(n));
    return out;
  }
};

}  // namespace

TEST_CASE("svg: markup, control characters and broken UTF-8 are escaped") {
  CHECK(sinter::svg::escape("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  CHECK(sinter::svg::escape("für 数 \xf0\x9f\x99\x82") == "für 数 \xf0\x9f\x99\x82");
  const std::string bad = "\xef\xbf\xbd";
  CHECK(sinter::svg::escape(std::string("a\0b\x1b", 4)) == "a" + bad + "b" + bad);
  CHECK(sinter::svg::escape("\xff") == bad);
  CHECK(sinter::svg::escape("\xc3") == bad);                                // cut off
  CHECK(sinter::svg::escape("\xc3<") == bad + "&lt;");                      // cut off by markup
  CHECK(sinter::svg::escape("\xed\xa0\x80") == bad + bad + bad);            // a surrogate
  CHECK(sinter::svg::escape("\xf0\x80\x80\x80") == bad + bad + bad + bad);  // longer than needed
}

TEST_CASE("svg: coordinates that are not finite draw nothing, a polyline has a gap there") {
  const double nan = std::nan("");
  sinter::svg::canvas canvas(10, 10);
  const std::string before = canvas.str();
  canvas.rect(nan, 0, 1, 1, {});
  canvas.line({0, 0}, {INFINITY, 0}, {});
  canvas.circle({0, nan}, 1, {});
  canvas.text(nan, 0, "x");
  canvas.polyline(std::vector<sinter::svg::point>{{nan, 0}}, {});
  CHECK(canvas.str() == before);
  canvas.polyline(std::vector<sinter::svg::point>{{0, 0}, {1, 1}, {2, nan}, {3, 3}, {4.126, 4}},
                  {});
  CHECK(canvas.str().find("d=\"M0 0L1 1M3 3L4.13 4\"") != std::string::npos);
}

TEST_CASE("svg: save replaces a file in one step, or leaves it as it was") {
  const scratch folder;
  sinter::svg::canvas canvas(10, 10, "a < b");
  const std::string path = folder.file("picture.svg", "old");
  canvas.save(path);
  CHECK(read(path) == canvas.str());
  CHECK(folder.count() == 1);  // no temporary file stays behind

  fs::create_directory(folder / "inside");
  fs::create_symlink("../picture.svg", folder.path / "inside" / "link.svg");
  sinter::svg::canvas(20, 20).save(folder / "inside/link.svg");
  CHECK(fs::is_symlink(folder.path / "inside" / "link.svg"));
  CHECK(read(path) == sinter::svg::canvas(20, 20).str());

  const auto reason = [&](const std::string& to) -> std::string {
    try {
      canvas.save(to);
    } catch (const sinter::io_error& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK(reason(folder / "none/picture.svg") ==
        "cannot write '" + folder / "none/picture.svg" + "': No such file or directory");
  CHECK(reason(folder.path.string()) ==
        "cannot write '" + folder.path.string() + "': it is a directory");
  CHECK(reason("") == "cannot write '': the path is empty");
  CHECK(reason(path + "/x") == "cannot write '" + path + "/x': Not a directory");
  if (fs::exists("/dev/full")) {  // written in place, and not replaced by a file
    CHECK(reason("/dev/full") == "cannot write '/dev/full': No space left on device");
    CHECK(fs::is_character_file("/dev/full"));
  }
  CHECK(folder.count() == 2);
}

TEST_CASE("plot: empty, single and non-finite data give well-formed pictures") {
  const double nan = std::nan(""), inf = INFINITY, huge = std::numeric_limits<double>::max();
  const std::vector<std::vector<double>> cases = {
      {},        {1},         {nan},        {inf, -inf},      {0, 0},        {-1, nan, 2},
      {huge, 1}, {1e-308, 0}, {-huge, 1e9}, {1e15, 1e15 + 1}, {1, 1 + 1e-15}};
  for (const auto& values : cases) {
    for (const bool logarithmic : {false, true}) {
      const auto picture = sinter::line_plot(
          "a & b", {{.title = "<t>", .lines = {{"x", values}}, .logarithmic = logarithmic}, {}});
      const std::string text = picture.str();
      CHECK(text.find("nan\"") == std::string::npos);
      CHECK(text.find("inf\"") == std::string::npos);
      CHECK(text.find("<t>") == std::string::npos);
      CHECK(text.size() < 20000);
    }
    for (const bool confusion : {false, true}) {
      const auto columns = static_cast<std::int64_t>(values.size());
      const auto picture = sinter::heat_map(values, 1, columns, {.confusion = confusion});
      CHECK(picture.str().find("nan\"") == std::string::npos);
    }
    std::vector<float> pixels(values.begin(), values.end());
    const auto size = static_cast<std::int64_t>(pixels.size());
    CHECK(sinter::image_grid({{1, size, pixels, "<c>"}}).str().find("<c>") == std::string::npos);
  }
  CHECK(sinter::line_plot("none", {}).str().find("none") != std::string::npos);
  CHECK(sinter::heat_map({}, 0, 0).str().find("no data") != std::string::npos);
  CHECK(sinter::image_grid({}, {.when_empty = "all right"}).str().find("all right") !=
        std::string::npos);
}

TEST_CASE("plot: a long line is thinned, yet keeps its extremes") {
  std::vector<float> values(200000, 1.0f);
  values[77777] = 9.0f;
  const std::string text = sinter::line_plot("", {{.lines = {{"x", values}}}}).str();
  CHECK(text.size() < 60000);
  CHECK(text.find(">8<") != std::string::npos);  // the tick below the peak
}

TEST_CASE("plot: sizes that disagree are named") {
  const std::vector<double> five(5);
  CHECK_THROWS_WITH_AS(sinter::heat_map(five, 2, 3), "heat_map: want 2 x 3 values, got 5",
                       sinter::shape_error);
  CHECK_THROWS_AS(sinter::heat_map(five, -1, -5), sinter::shape_error);
  CHECK_THROWS_WITH_AS(sinter::image_grid({{2, 2, {1, 2, 3}, ""}}),
                       "image_grid: image 0 is 2 x 2 but has 3 pixels", sinter::shape_error);
}

TEST_CASE("progress: no terminal, one line at each tenth") {
  for (const std::int64_t total : {10, 1000, 997, 12345}) {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    {
      sinter::progress bar(total, {.label = "train", .unit = "images", .out = file});
      for (std::int64_t i = 0; i < total; ++i) {
        bar.metric("loss", 1.0 / static_cast<double>(i + 1));
        bar.advance();
      }
    }
    const std::string text = written(file);
    CAPTURE(text);
    CHECK(occurrences(text, "\n") == 10);
    for (int percent = 10; percent <= 100; percent += 10)
      CHECK(occurrences(text, ' ' + std::to_string(percent) + "% ") == 1);
    CHECK(occurrences(text, "images/s") == 10);
    CHECK(occurrences(text, "  loss ") == 10);
    CHECK(text.find_first_of("\r\x1b") == text.npos);
    CHECK(text.back() == '\n');
    std::fclose(file);
  }
}

TEST_CASE("progress: total 0, too many steps, one large step, interrupted, finished twice") {
  const auto print = [](std::int64_t total, std::vector<std::int64_t> steps) {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    {
      sinter::progress bar(total, {.out = file});
      for (const std::int64_t s : steps) bar.advance(s);
      bar.finish();
      bar.finish();
      bar.advance();
    }
    const std::string text = written(file);
    std::fclose(file);
    return text;
  };
  CHECK(print(0, {}).find("0  0:00\n") == 0);
  CHECK(print(0, {5, 7}).find("12 ") == 0);
  CHECK(print(-3, {1}).find("1 ") == 0);
  const std::string beyond = print(4, {4, 3});
  CHECK(occurrences(beyond, "\n") == 2);
  CHECK(beyond.find("100% 7/4 ") != beyond.npos);
  CHECK(beyond.find("left") == beyond.npos);
  CHECK(occurrences(print(100, {57}), "\n") == 1);
  CHECK(occurrences(print(100, {10, 5}), "\n") == 2);
  CHECK(occurrences(print(3, {1, 1, 1}), "\n") == 3);
  CHECK(print(INT64_MAX, {INT64_MAX}).find("100%") == 0);
  sinter::progress nowhere(3, {.out = nullptr});
  nowhere.advance(3);
}

TEST_CASE("progress: a terminal's line is redrawn at most ten times a second and never wraps") {
  for (const unsigned short columns : {120, 60, 30, 10, 1}) {
    const terminal screen(columns);
    const char* kind = std::getenv("TERM");
    if (screen.file == nullptr || (kind != nullptr && std::string(kind) == "dumb")) return;
    const auto start = std::chrono::steady_clock::now();
    {
      sinter::progress bar(1000000, {.label = "löss\n", .unit = "images", .out = screen.file});
      bar.note("a rather\x1b[31m long note \xe6\x95\xb0\xe6\x95\xb0");
      while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(250)) {
        bar.metric("loss", 0.123);
        bar.advance(3);
      }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const std::string text = screen.read();
    const auto draws = occurrences(text, "\x1b[K");
    CHECK(draws >= 2);  // at once and at the end, however long the machine paused between
    CHECK(static_cast<double>(draws) <= took.count() * 10 + 2);
    CHECK(text.substr(text.size() - 2) == "\r\n");  // the terminal adds the return
    CHECK(occurrences(text, "\n") == 1);
    for (std::size_t at = 0; (at = text.find('\r', at)) + 2 < text.size();) {
      const std::size_t end = text.find("\x1b[K", ++at);
      if (end == text.npos) break;
      int width = 0;
      for (std::size_t i = at; i < end; ++i)
        width += (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
      CHECK(width < std::max<int>(columns, 2));
      CHECK(text.substr(at, end - at).find('\x1b') == std::string::npos);
    }
    if (columns == 120) CHECK(text.find("images/s") != text.npos);
  }
}

TEST_CASE("confusion: text, accuracy, recall") {
  sinter::confusion c(3);
  c.add(std::vector<int>{0, 0, 1, 1, 1}, std::vector<std::int64_t>{0, 0, 1, 2, 1});
  c.add(1, 0);
  CHECK(c.total() == 6);
  CHECK(c.correct() == 4);
  CHECK(c.accuracy() == doctest::Approx(4.0 / 6));
  CHECK(c.recall(1) == 0.5);
  CHECK(std::isnan(c.recall(2)));
  CHECK(c.text({"cat", "dog"}) ==
        "      predicted\n"
        "true  cat  dog    2    recall\n"
        " cat    2    .    .   100.0 %\n"
        " dog    1    2    1    50.0 %\n"
        "   2    .    .    0         -\n"
        "accuracy 66.7 % (4 of 6)\n");
  CHECK(sinter::confusion(1).text().find("accuracy - (0 of 0)") != std::string::npos);
}

TEST_CASE("confusion: 9999 of 10000 is not called 100 %") {
  sinter::confusion c(2);
  for (int i = 0; i < 9999; ++i) c.add(0, 0);
  c.add(0, 1);
  CHECK(c.text().find("accuracy 99.9 %") != std::string::npos);
}

TEST_CASE("confusion: labels outside the classes, and nothing is counted then") {
  sinter::confusion c(2);
  CHECK_THROWS_WITH_AS(c.add(2, 0), "confusion: true class 2 is outside [0, 2)",
                       sinter::value_error);
  CHECK_THROWS_WITH_AS(c.add(0, -1), "confusion: predicted class -1 is outside [0, 2)",
                       sinter::value_error);
  CHECK_THROWS_AS(c.add(std::vector<int>{0, 1}, std::vector<int>{0, 7}), sinter::value_error);
  CHECK_THROWS_AS(c.add(std::vector<int>{0, 1}, std::vector<int>{0}), sinter::shape_error);
  CHECK(c.total() == 0);
  CHECK_THROWS_AS(sinter::confusion(0), sinter::value_error);
}

TEST_CASE("csv: numbers, header, CRLF, blanks, blank last lines, no last newline") {
  const scratch folder;
  for (const char* content :
       {"1,2.5\n-3e2,+4\n", "1,2.5\r\n-3e2,4\r\n", " 1 ,\t2.5\n-3e2,4\n\n\r\n", "1,2.5\n-3e2,4",
        "\xef\xbb\xbf"
        "1,2.5\n-3e2,4"}) {
    const sinter::table t = sinter::read_csv(folder.file("a.csv", content));
    CHECK(t.rows == 2);
    CHECK(t.columns == 2);
    CHECK(t.values == std::vector<double>{1, 2.5, -300, 4});
  }
  const auto headed = sinter::read_csv(folder.file("b.csv", "x;y\r\n1;nan\r\n"),
                                       {.header = true, .separator = ';'});
  CHECK(headed.rows == 1);
  CHECK(std::isnan(headed.values.at(1)));
  CHECK(sinter::read_csv(folder.file("c.csv", "7\n8\n\n")).rows == 2);
  std::string large;
  for (int i = 0; i < 50000; ++i) large += std::to_string(i) + (i % 5 == 4 ? "\r\n" : ",");
  const auto many = sinter::read_csv(folder.file("d.csv", large));  // across buffers
  CHECK(many.rows == 10000);
  CHECK(many.values.at(49999) == 49999);
}

TEST_CASE("csv: every error names place, want and find") {
  const scratch folder;
  const auto error = [&](const std::string& content, const sinter::csv_options& options = {}) {
    return csv_error(folder.file("x.csv", content), options);
  };
  CHECK(csv_error(folder / "none.csv") == "No such file or directory");
  CHECK(csv_error(folder.path.string()) == "it is a directory; expected a file");
  CHECK(error("") == "the file is empty; expected rows of numbers");
  CHECK(error("\n\n") == "expected rows of numbers, found only blank lines");
  CHECK(error("a,b\n", {.header = true}) == "expected rows of numbers, found only a header line");
  CHECK(error("1,2\n3,4,5\n") == "line 2: expected 2 columns, as in line 1, found 3");
  CHECK(error("1,2\n3\n") == "line 2: expected 2 columns, as in line 1, found 1");
  CHECK(error("a,b,c\n1,2\n", {.header = true}) ==
        "line 2: expected 3 columns, as in line 1, found 2");
  CHECK(error("1,2\n3,x4\n") == "line 2, column 2: expected a number, found 'x4'");
  CHECK(error("1,2\n3,4 5\n") == "line 2, column 2: expected a number, found '4 5'");
  CHECK(error("1,2\n3,\n") == "line 2, column 2: expected a number, found an empty field");
  CHECK(error("a,b\n1,2\n") ==
        "line 1, column 1: expected a number, found 'a'; if the first line is a header, set "
        "csv_options::header");
  CHECK(error("1,2\n\n3,4\n") == "line 2: expected a row of numbers, found a blank line");
  CHECK(error(std::string("1,2\n3,\0\xff\n", 9)) ==
        "line 2, column 2: expected a number, found '\\x00\\xff'");
  CHECK(error("1\n1e999\n") ==
        "line 2, column 1: expected a number within the range of double, found '1e999'");
  CHECK(error("1\n+-2\n") == "line 2, column 1: expected a number, found '+-2'");
  CHECK(error("1,2\n3,4,\n") == "line 2: expected 2 columns, as in line 1, found 3");
  const std::string endless(3000000, '7');
  CHECK(error("1\n" + endless) ==
        "line 2, column 1: expected a number, found '" + std::string(40, '7') + "...'");
  CHECK(error("1,2,3\n", {.limit = 5}) ==
        "it has 6 bytes, more than the 5 allowed; raise csv_options::limit to read it");
  if (fs::exists("/dev/zero"))
    CHECK(csv_error("/dev/zero", {.limit = 100000}) ==
          "more than 100000 bytes; raise csv_options::limit to read it");
}
