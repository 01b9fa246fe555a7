#pragma once
// A safetensors file filled in place: for tensors larger than memory, such as the decoded images of a data set.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <pupil/io/mapped_output.hpp>
#include <pupil/io/safetensors_header.hpp>

namespace pupil::captioning {

/// Names, types and shapes come first; the elements, zero at the start, are then written through memory, by as many
/// threads as there are, and commit() makes the file:
///
///     SafetensorsHeader header;
///     header.tensors["images"] = {.dtype = Dtype::U8, .shape = {count, height, width, 3}};
///     SafetensorsOutput file("images.safetensors", header);
///     std::span<std::uint8_t> images = file.values<std::uint8_t>("images");
///     ...
///     file.commit();
class SafetensorsOutput {
 public:
  /// The header's offsets and bytes are worked out here. Takes the place on the disk: throws FileError where it is
  /// full.
  SafetensorsOutput(const std::filesystem::path& path, SafetensorsHeader header)
      : header_(std::move(header)),
        data_size_(assign_offsets(header_)),
        text_(format_safetensors_header(header_)),
        file_(path, text_.size() + data_size_) {
    std::ranges::copy(std::as_bytes(std::span(text_)), file_.bytes().begin());
  }

  /// A tensor's elements, to be written. Throws OptionError where there is none of this name, or it is not of type T.
  template <FileScalar T>
  std::span<T> values(std::string_view name) {
    const auto found = header_.tensors.find(name);
    require<OptionError>(found != header_.tensors.end(), "safetensors: no tensor ", json_quoted(name), " in this file");
    const TensorInfo& info = found->second;
    require<OptionError>(info.dtype == dtype_of<T>(), "safetensors: tensor ", json_quoted(name), " is ", info.dtype,
                         ", expected ", dtype_of<T>());
    const auto bytes = file_.bytes().subspan(text_.size() + info.offset, info.bytes);
    return {reinterpret_cast<T*>(bytes.data()), static_cast<std::size_t>(info.size())};
  }

  /// Puts everything on the disk and the file in its place. The spans end here.
  void commit() { file_.commit(); }

 private:
  SafetensorsHeader header_;
  std::size_t data_size_;
  std::string text_;
  MappedOutput file_;
};

}  // namespace pupil::captioning
