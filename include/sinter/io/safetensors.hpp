// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Several tensors in one file of the safetensors format: the length of a header in 8 bytes, the
/// header in JSON, the elements.
/// @source  https://github.com/huggingface/safetensors, README.md, "Format"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sinter/io/archive.hpp"
#include "sinter/io/elements.hpp"
#include "sinter/io/json.hpp"

namespace sinter {

namespace detail {

/// Element types as the format spells them.
constexpr const char* safetensors_name(dtype type) {
  constexpr const char* names[dtype_count] = {"BOOL", "U8",  "U16", "U32",  "U64", "I8", "I16",
                                              "I32",  "I64", "F8_E4M3", "F8_E5M2", "F16", "BF16",
                                              "F32",  "F64"};
  return names[static_cast<int>(type)];
}

struct safetensors_entry {
  std::string name;
  stored_array array;
  std::int64_t begin = 0, end = 0;  ///< in the bytes behind the header
};

/// The header of a file, checked: names once, elements one behind the other, nothing beside them.
class safetensors_header {
 public:
  explicit safetensors_header(seekable_input& file) : file_(file) {
    constexpr std::int64_t longest = 100'000'000;  // as in the format's own library
    unsigned char start[8];
    if (file.size() < 8) file.fail("it is no safetensors file: it has " +
                                   std::to_string(file.size()) + " bytes");
    file.read(start, 8);
    std::uint64_t length = 0;
    for (int i = 8; i-- > 0;) length = length << 8 | start[i];
    if (length > longest || static_cast<std::int64_t>(length) > file.rest())
      file.fail("its header says that it has " + std::to_string(length) + " bytes");
    const std::string text = file.text(static_cast<std::int64_t>(length));
    begin_ = file.position();
    json_reader json(text, file);
    bool metadata = false;
    json.object([&](const std::string& name) {
      if (name != "__metadata__") return read_entry(json, name);
      if (std::exchange(metadata, true)) file.fail("it has __metadata__ twice");
      read_metadata(json);
    });
    json.end();
    check_order();
  }

  std::int64_t begin() const { return begin_; }
  const std::vector<safetensors_entry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void read_metadata(json_reader& json) {
    json.object([&](const std::string& key) {
      if (!metadata_.emplace(key, json.string()).second)
        file_.fail("its metadata have '" + key + "' twice");
    });
  }

  void read_entry(json_reader& json, const std::string& name) {
    safetensors_entry e{.name = name, .array = {}};
    std::vector<std::int64_t> offsets;
    bool seen[3] = {};
    const auto numbers = [&](std::vector<std::int64_t>& to) {
      json.array([&] { to.push_back(json.number()); });
    };
    json.object([&](const std::string& key) {
      const int which = key == "dtype" ? 0 : key == "shape" ? 1 : key == "data_offsets" ? 2 : -1;
      if (which < 0 || std::exchange(seen[which], true))
        json.wrong("a key once, of dtype, shape and data_offsets");
      if (which == 0) e.array.type_text = json.string();
      else numbers(which == 1 ? e.array.extents : offsets);
    });
    if (!seen[0] || !seen[1] || offsets.size() != 2)
      json.wrong("dtype, shape and two data_offsets of '" + name + "'");
    e.begin = offsets[0], e.end = offsets[1];
    for (int type = 0; type < dtype_count; ++type)
      if (e.array.type_text == safetensors_name(static_cast<dtype>(type)))
        e.array.type = static_cast<dtype>(type);
    const std::int64_t bytes =
        e.array.type ? stored_bytes(properties(*e.array.type).size, e.array.extents) : -1;
    if (e.begin > e.end || (e.array.type && e.end - e.begin != bytes))
      file_.fail("its tensor '" + name + "' has elements " + e.array.type_text + " and extents " +
                 extents_text(e.array.extents.data(), static_cast<int>(e.array.extents.size())) +
                 ", and bytes from " + std::to_string(e.begin) + " to " + std::to_string(e.end));
    entries_.push_back(std::move(e));
  }

  void check_order() {
    std::vector<const safetensors_entry*> sorted;
    for (const safetensors_entry& e : entries_) sorted.push_back(&e);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
      return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
    });
    std::int64_t at = 0;
    for (const safetensors_entry* e : sorted) {
      if (e->begin != at)
        file_.fail("its tensor '" + e->name + "' begins at byte " + std::to_string(e->begin) +
                   " of the elements; expected " + std::to_string(at));
      at = e->end;
    }
    if (at != file_.size() - begin_)
      file_.fail("it has " + std::to_string(file_.size() - begin_) +
                 " bytes of elements; its header says " + std::to_string(at));
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    for (std::size_t i = 1; i < sorted.size(); ++i)
      if (sorted[i - 1]->name == sorted[i]->name)
        file_.fail("it has two tensors '" + sorted[i]->name + "'");
  }

  seekable_input& file_;
  std::int64_t begin_ = 0;
  std::vector<safetensors_entry> entries_;
  std::map<std::string, std::string> metadata_;
};

inline void write_safetensors(const std::string& path, std::span<const named_tensor> tensors,
                              const std::map<std::string, std::string>& metadata) {
  std::vector<const named_tensor*> sorted;
  for (const named_tensor& t : tensors) sorted.push_back(&t);
  // Wide elements come first, so that all are aligned; the order within a width is that of the
  // format's own library.
  constexpr int rank[dtype_count] = {0, 1, 6, 10, 14, 2, 5, 9, 13, 4, 3, 7, 8, 11, 12};
  std::sort(sorted.begin(), sorted.end(), [&](const auto* a, const auto* b) {
    const int left = rank[static_cast<int>(a->type())], right = rank[static_cast<int>(b->type())];
    return left != right ? left > right : a->name() < b->name();
  });
  std::string header = "{";
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata)
      header += (header.back() == '{' ? "" : ",") + json_text(key) + ':' + json_text(value);
    header += '}';
  }
  std::int64_t at = 0;
  std::vector<std::string> names;
  for (const named_tensor* t : sorted) {
    if (t->name() == "__metadata__")
      throw io_error("cannot write '" + path + "': no tensor can be named '" + t->name() + "'");
    names.push_back(t->name());
    const auto end = at + static_cast<std::int64_t>(t->elements().size());
    header += (header.size() == 1 ? "" : ",") + json_text(t->name()) + ":{\"dtype\":\"" +
              safetensors_name(t->type()) + "\",\"shape\":[";
    for (const std::int64_t n : t->extents())
      header += (header.back() == '[' ? "" : ",") + std::to_string(n);
    header += "],\"data_offsets\":[" + std::to_string(at) + ',' + std::to_string(end) + "]}";
    at = end;
  }
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    throw io_error("cannot write '" + path + "': the name '" + *twice + "' is there twice");
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> 8 * i & 255);
  std::vector<std::string_view> pieces{length, header};
  for (const named_tensor* t : sorted) pieces.push_back(t->elements());
  write_file(path, pieces);
}

}  // namespace detail

/// A file whose tensors are read one by one:
/// safetensors_file file("x.safetensors"); auto w = file.load<tensor<float, dyn, 3>>("w");
/// One thread at a time reads from a file.
/// @errors  io_error with the path, what was found and where: names given twice, elements that
///          overlap or leave gaps, tensors of another type or shape
/// @cost    the header is read at once, a tensor when it is loaded, straight into its memory
class safetensors_file {
 public:
  explicit safetensors_file(const std::string& path)
      : safetensors_file(std::make_unique<detail::input_file>(path)) {}
  /// The same of a file's content, which must stay.
  explicit safetensors_file(std::span<const std::byte> content)
      : safetensors_file(std::make_unique<detail::input_bytes>(content)) {}

  /// The tensors' names, in the order of the header.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const detail::safetensors_entry& e : header_.entries()) all.push_back(e.name);
    return all;
  }
  /// Words that the writer has added.
  const std::map<std::string, std::string>& metadata() const { return header_.metadata(); }

  /// A tensor. Its elements have to be of the tensor's type unless a conversion is asked for, its
  /// extents as the type says; open ones come from the file.
  template <class Tensor, conversion How = conversion::none>
  Tensor load(const std::string& name) const {
    const auto& entries = header_.entries();
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const auto& e) { return e.name == name; });
    if (found == entries.end())
      fail("it has no tensor '" + name + "', but " + detail::listed(names()));
    file_->seek(header_.begin() + found->begin);
    return detail::read_elements<Tensor, How>(*file_, found->array);
  }

  [[noreturn]] void fail(const std::string& why) const { file_->fail(why); }

 private:
  explicit safetensors_file(std::unique_ptr<detail::seekable_input> file)
      : file_(std::move(file)), header_(*file_) {}

  std::unique_ptr<detail::seekable_input> file_;
  detail::safetensors_header header_;
};

/// Reads a structure of tensors, whose names are their places: see io/archive.hpp. The file has to
/// have these tensors and no others.
/// @errors  as safetensors_file
template <class Structure, conversion How = conversion::none>
Structure load_safetensors(const std::string& path) {
  return detail::load_structure<Structure, How>(safetensors_file(path));
}

/// Writes several tensors: save_safetensors("x.safetensors", {{"w", w}, {"b", b}}), and words
/// beside them. The same tensors give the same bytes as the format's own library writes. The file
/// appears whole or not at all.
/// @errors  io_error with the path and the reason, such as a name given twice
inline void save_safetensors(const std::string& path, std::initializer_list<named_tensor> tensors,
                             const std::map<std::string, std::string>& metadata = {}) {
  detail::write_safetensors(path, {tensors.begin(), tensors.size()}, metadata);
}
/// The same of a structure of tensors, whose names are their places: see io/archive.hpp.
template <class Structure>
  requires(holds_tensors<Structure>())
void save_safetensors(const std::string& path, const Structure& x,
                      const std::map<std::string, std::string>& metadata = {}) {
  detail::write_safetensors(path, detail::named_tensors(x), metadata);
}

}  // namespace sinter
