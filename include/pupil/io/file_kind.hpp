#pragma once
// What a file is that was given in place of a safetensors file, by what it begins with, and what to do about it.

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <pupil/io/json_reader.hpp>

namespace pupil {

namespace detail {

struct FileKind {
  std::string_view beginning;
  std::size_t offset;  ///< where that stands
  std::string_view description;
};

inline constexpr std::string_view pytorch_way_out = ": tools/export_torchvision.py makes a safetensors file of one";
inline constexpr std::string_view unpack_way_out = ": unpack it first";

/// Longer beginnings stand before shorter ones that they begin with.
inline constexpr std::array<FileKind, 36> file_kinds{{
    {"version https://git-lfs.github.com/spec", 0,
     "a Git LFS pointer, not the file itself: `git lfs pull` fetches that"},
    {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9", 0, "an older PyTorch checkpoint"},
    {"\x80\x02", 0, "a pickle, as older PyTorch checkpoints are"},
    {"\x80\x03", 0, "a pickle, as older PyTorch checkpoints are"},
    {"\x80\x04", 0, "a pickle, as older PyTorch checkpoints are"},
    {"\x80\x05", 0, "a pickle, as older PyTorch checkpoints are"},
    {"ustar", 257, "a tar archive, as the oldest PyTorch checkpoints are, or a folder that was packed"},
    {"\x89HDF\r\n\x1a\n", 0, "an HDF5 file, as Keras and TensorFlow write: give PyTorch's weights as safetensors"},
    {"\x93NUMPY", 0, "a NumPy array"},
    {"GGUF", 0, "a GGUF file, of llama.cpp"},
    {"ggml", 0, "a ggml file, of llama.cpp or whisper.cpp"},
    {"lmgg", 0, "a ggml file, of llama.cpp or whisper.cpp"},
    {"tjgg", 0, "a ggml file, of llama.cpp or whisper.cpp"},
    {"TFL3", 4, "a TensorFlow Lite model: give PyTorch's weights as safetensors"},
    {"MATLAB 5.0", 0, "a MATLAB file: give PyTorch's weights as safetensors"},
    {"\x08\x01\x12", 0, "a TensorFlow model: give PyTorch's weights as safetensors"},
    {"\x1f\x8b", 0, "compressed by gzip"},
    {"BZh", 0, "compressed by bzip2"},
    {"\xfd\x37zXZ", 0, "compressed by xz"},
    {"\x28\xb5\x2f\xfd", 0, "compressed by zstd"},
    {"7z\xbc\xaf\x27\x1c", 0, "a 7z archive"},
    {"Rar!", 0, "a RAR archive"},
    {"\xff\xd8\xff", 0, "a JPEG image"},
    {"\x89PNG", 0, "a PNG image"},
    {"%PDF", 0, "a PDF"},
    {"\x7f\x45LF", 0, "a program"},
    {"<!doctype", 0, "a web page, not the file itself: it has to be downloaded again, by the address of the file"},
    {"<html", 0, "a web page, not the file itself: it has to be downloaded again, by the address of the file"},
    {"<head", 0, "a web page, not the file itself: it has to be downloaded again, by the address of the file"},
    {"<body", 0, "a web page, not the file itself: it has to be downloaded again, by the address of the file"},
    {"<!--", 0, "a web page, not the file itself: it has to be downloaded again, by the address of the file"},
    {"<?xml", 0, "an XML text, not the file itself: it has to be downloaded again, by the address of the file"},
    {"bplist", 0, "a property list"},
    {"SQLite format 3", 0, "a SQLite database"},
    {"PK\x05\x06", 0, "an empty zip archive"},
    {"PK\x07\x08", 0, "a part of a zip archive"},
}};

inline bool has_text(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Without white space and byte order mark at its beginning, and in small letters.
inline std::string normalized_beginning(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  std::string result(text.substr(0, 64));
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// What a zip archive is, by the names in it.
inline std::string zip_kind(std::string_view bytes) {
  constexpr std::size_t most = std::size_t{1} << 16;
  const std::string_view first = bytes.substr(0, most);
  const std::string_view last =
      bytes.substr(bytes.size() - std::min(bytes.size(), most));  // where all names are listed
  const auto names = [&](std::string_view part) { return has_text(first, part) || has_text(last, part); };
  if (names("model.weights.h5")) return "a Keras model: give PyTorch's weights as safetensors";
  if (names(".npy")) return "a NumPy archive: give PyTorch's weights as safetensors";
  if (names("constants.pkl"))
    return message("a TorchScript program: save the state dict of its model by torch.save",
                   ", of which tools/export_torchvision.py makes a safetensors file");
  if (names("data.pkl")) return message("a PyTorch checkpoint", pytorch_way_out);
  return message("a zip archive, as a PyTorch checkpoint is", pytorch_way_out);
}

/// Of a text that begins with an object.
inline std::string json_kind(std::string_view text) {
  if (has_text(text.substr(0, 4096), "\"weight_map\"") || has_text(text, "\"weight_map\"")) {
    return "an index of shards, which names the files of a model that was cut into several and holds no weights: join "
           "those into one safetensors file";
  }
  return "a JSON text, such as a model's config.json: the weights lie beside it, in model.safetensors";
}

/// Whether a beginning is printed text, of which `Access denied` and other answers of servers consist. It may end
/// within a character.
inline bool is_text(std::string_view beginning) {
  const bool has_control =
      std::ranges::any_of(beginning, [](unsigned char c) { return c < 0x20 && c != '\n' && c != '\r' && c != '\t'; });
  std::size_t position = 0;
  while (position < beginning.size()) {
    const std::size_t length = utf8_sequence_length(beginning, position);
    if (length == 0) break;
    position += length;
  }
  return !beginning.empty() && !has_control && position + 4 > beginning.size() && position > 0;
}

/// An ONNX model has no magic: a field 1 that is a small number, its version, and then one of the other fields.
inline bool is_onnx(std::string_view bytes) {
  constexpr std::string_view next_fields = "\x12\x1a\x22\x3a\x42";
  return bytes.size() > 3 && bytes[0] == 8 && bytes[1] > 0 && bytes[1] < 32 &&
         has_text(next_fields, bytes.substr(2, 1));
}

}  // namespace detail

/// "a Git LFS pointer, not the file itself: ..." for a file that is not safetensors; "" where that cannot be told.
inline std::string foreign_file_kind(std::span<const std::byte> bytes) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (all.starts_with("PK\x03\x04")) return detail::zip_kind(all);
  const std::string beginning = detail::normalized_beginning(all);
  for (const detail::FileKind& kind : detail::file_kinds) {
    const std::string_view there = all.substr(std::min(kind.offset, all.size()));
    const bool is_markup = kind.beginning.starts_with('<');
    if (!there.starts_with(kind.beginning) && !(is_markup && beginning.starts_with(kind.beginning))) continue;
    const bool is_pytorch = detail::has_text(kind.description, "PyTorch checkpoint");
    const bool is_packed = kind.description.starts_with("compressed") || kind.description.ends_with("archive");
    return message(kind.description, is_pytorch  ? detail::pytorch_way_out
                                     : is_packed ? detail::unpack_way_out
                                                 : std::string_view());
  }
  if (beginning.starts_with('{')) return detail::json_kind(all);
  if (detail::is_onnx(all)) return "an ONNX model: give PyTorch's weights as safetensors";
  if (!all.empty() && all.substr(0, 4096).find_first_not_of('\0') == std::string_view::npos) {
    return "zeros, as a download leaves that was not finished";
  }
  const std::string_view start = all.substr(0, 60);
  if (detail::is_text(start)) {
    return message("a text that begins with ", json_quoted(start.substr(0, start.find_first_of("\r\n"))));
  }
  return "";
}

}  // namespace pupil
