#pragma once
// What a file is that was given in place of a safetensors file, and what to do about it. What has nothing to do with
// weights is known by foreign_files.hpp.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/foreign_files.hpp>

namespace pupil {

namespace detail {

inline constexpr std::string_view export_way_out = ": tools/export_torchvision.py makes a safetensors file of one";
inline constexpr std::string_view pytorch_way_out = ": give PyTorch's weights as safetensors";
inline constexpr std::string_view unpack_way_out = ": unpack it first";
inline constexpr std::string_view download_way_out =
    ", not the file itself: it has to be downloaded again, by the address of the file";

/// How weights of another format begin.
struct WeightsSignature {
  std::size_t at;
  std::string_view text;
  std::string_view kind;
  std::string_view way_out = {};
};

/// Longer ones stand before shorter ones that they begin with.
inline std::span<const WeightsSignature> weights_signatures() {
  constexpr std::string_view pickle = "a pickle, as older PyTorch checkpoints are";
  constexpr std::string_view ggml = "a ggml file, of llama.cpp or whisper.cpp";
  static constexpr WeightsSignature signatures[]{
      {0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9", "an older PyTorch checkpoint", export_way_out},
      {0, "\x80\x02", pickle, export_way_out},
      {0, "\x80\x03", pickle, export_way_out},
      {0, "\x80\x04", pickle, export_way_out},
      {0, "\x80\x05", pickle, export_way_out},
      {257, "ustar", "a tar archive, as the oldest PyTorch checkpoints are, or a folder that was packed",
       export_way_out},
      {0, "\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras and TensorFlow write", pytorch_way_out},
      {0, "\x93NUMPY", "a NumPy array"},
      {0, "GGUF", "a GGUF file, of llama.cpp"},
      {0, "ggml", ggml},
      {0, "lmgg", ggml},
      {0, "tjgg", ggml},
      {4, "TFL3", "a TensorFlow Lite model", pytorch_way_out},
      {0, "MATLAB 5.0", "a MATLAB file", pytorch_way_out},
      {0, "\x08\x01\x12", "a TensorFlow model", pytorch_way_out},
  };
  return signatures;
}

inline bool has_text(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What a zip archive is, by the names in it.
inline std::string zip_of_weights(std::string_view bytes) {
  constexpr std::size_t most = std::size_t{1} << 16;
  const std::string_view first = bytes.substr(0, most);
  const std::string_view last =
      bytes.substr(bytes.size() - std::min(bytes.size(), most));  // where all names are listed
  const auto names = [&](std::string_view part) { return has_text(first, part) || has_text(last, part); };
  if (names("model.weights.h5")) return message("a Keras model", pytorch_way_out);
  if (names(".npy")) return message("a NumPy archive", pytorch_way_out);
  if (names("constants.pkl")) {
    return "a TorchScript program: save the state dict of its model by torch.save, of which "
           "tools/export_torchvision.py makes a safetensors file";
  }
  if (names("data.pkl")) return message("a PyTorch checkpoint", export_way_out);
  return message("a zip archive, as a PyTorch checkpoint is", export_way_out);
}

inline std::string_view json_beside_weights(std::string_view text) {
  if (has_text(text, "\"weight_map\"")) {
    return "an index of shards, which names the files of a model that was cut into several and holds no weights: join "
           "those into one safetensors file";
  }
  return "a JSON text, such as a model's config.json: the weights lie beside it, in model.safetensors";
}

/// `Access denied` and other answers of servers.
inline std::string text_for_weights(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return message("a text that begins with \"", shown_line(line), '"');
}

/// An ONNX model has no magic: a field 1 that is a small number, its version, and then one of the other fields.
inline bool is_onnx(std::string_view bytes) {
  constexpr std::string_view next_fields = "\x12\x1a\x22\x3a\x42";
  return bytes.size() > 3 && bytes[0] == 8 && bytes[1] > 0 && bytes[1] < 32 &&
         has_text(next_fields, bytes.substr(2, 1));
}

}  // namespace detail

/// "a PyTorch checkpoint: tools/export_torchvision.py makes ..." for a file that is not safetensors: what it is, and
/// what to do. Empty where that cannot be told.
inline std::string kind_of_foreign_weights(std::span<const std::byte> bytes) {
  const std::string_view all = detail::text_of(bytes);
  for (const auto& signature : detail::weights_signatures()) {
    const std::string_view there = all.substr(std::min(signature.at, all.size()));
    if (there.starts_with(signature.text)) return message(signature.kind, signature.way_out);
  }
  if (detail::is_onnx(all)) return message("an ONNX model", detail::pytorch_way_out);
  const ForeignFile file = kind_of_foreign_file(bytes);
  switch (file.family) {
    case FileFamily::zip:
      return detail::zip_of_weights(all);
    case FileFamily::archive:
      return message(file.kind, detail::unpack_way_out);
    case FileFamily::web_page:
    case FileFamily::xml:
      return message(file.kind, detail::download_way_out);
    case FileFamily::json:
      return std::string(detail::json_beside_weights(all));
    case FileFamily::text:
      return detail::text_for_weights(all);
    default:
      return std::string(file.kind);
  }
}

}  // namespace pupil
