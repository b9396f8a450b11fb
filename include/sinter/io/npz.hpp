// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Several tensors in one file of NumPy's .npz format: a zip archive of .npy files.

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sinter/io/archive.hpp"
#include "sinter/io/npy.hpp"
#include "sinter/io/zip.hpp"

namespace sinter {

/// An archive whose tensors are read one by one:
/// npz_file file("x.npz"); auto w = file.load<tensor<float, dyn, 3>>("w");
/// One thread at a time reads from an archive.
/// @errors  io_error with the path, what was found and where. Deflated entries need zlib: CMake's
///          target sinter::files
/// @cost    the directory is read at once, a tensor when it is loaded, in one pass
class npz_file {
 public:
  explicit npz_file(const std::string& path)
      : npz_file(path, std::make_unique<detail::input_file>(path)) {}
  /// The same of a file's content, which must stay.
  explicit npz_file(std::span<const std::byte> content)
      : npz_file("bytes in memory", std::make_unique<detail::input_bytes>(content)) {}

  /// The tensors' names, in the order of the file, without the ending .npy.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const detail::zip_entry& e : directory_.entries()) all.push_back(plain(e.name));
    return all;
  }

  /// A tensor, under the terms of load_npy.
  template <class Tensor, conversion How = conversion::none>
  Tensor load(const std::string& name) const {
    const auto& entries = directory_.entries();
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const auto& e) { return plain(e.name) == name; });
    if (found == entries.end())
      fail("it has no tensor '" + name + "', but " + detail::listed(names()));
    detail::zip_input entry(*file_, directory_, *found, path_);
    Tensor result = detail::read_npy<Tensor, How>(entry);
    if (entry.rest() > 0)
      entry.fail(std::to_string(entry.rest()) + " bytes follow its elements");
    return result;
  }

  [[noreturn]] void fail(const std::string& why) const { file_->fail(why); }

 private:
  npz_file(const std::string& path, std::unique_ptr<detail::seekable_input> file)
      : path_(path), file_(std::move(file)), directory_(*file_) {}

  static std::string plain(const std::string& name) {
    return name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name;
  }

  std::string path_;
  std::unique_ptr<detail::seekable_input> file_;
  detail::zip_directory directory_;
};

/// Reads a structure of tensors, whose names are their places: see io/archive.hpp. The file has to
/// have these tensors and no others.
/// @errors  as npz_file
template <class Structure, conversion How = conversion::none>
Structure load_npz(const std::string& path) {
  return detail::load_structure<Structure, How>(npz_file(path));
}

namespace detail {

inline void write_npz(const std::string& path, std::span<const named_tensor> tensors,
                      zip_writer&& writer = zip_writer()) {
  for (const named_tensor& t : tensors) {
    const std::string fail = "cannot write '" + path + "': the name '" + t.name() + "' ";
    if (t.name().size() > 65000) throw io_error(fail + "is too long");
    if (std::any_of(tensors.data(), &t, [&](const auto& u) { return u.name() == t.name(); }))
      throw io_error(fail + "is there twice");
    if (npy_name(t.type()) == nullptr)
      throw io_error(fail + "is that of a bf16 tensor, which NumPy has not; cast it to f32");
    writer.add(t.name() + ".npy",
               npy_start(t.type(), t.extents().data(), static_cast<int>(t.extents().size())),
               t.elements());
  }
  writer.write(path);
}

}  // namespace detail

/// Writes several tensors: save_npz("x.npz", {{"w", w}, {"b", b}}). Nothing is packed; equal
/// tensors give equal files, and the file appears whole or not at all.
/// @errors  io_error with the path and the reason, such as a name given twice or a bf16 tensor
inline void save_npz(const std::string& path, std::initializer_list<named_tensor> tensors) {
  detail::write_npz(path, {tensors.begin(), tensors.size()});
}
/// The same of a structure of tensors, whose names are their places: see io/archive.hpp.
template <class Structure>
  requires(holds_tensors<Structure>())
void save_npz(const std::string& path, const Structure& x) {
  detail::write_npz(path, detail::named_tensors(x));
}

}  // namespace sinter
