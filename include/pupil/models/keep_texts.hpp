#pragma once
// Changes the metadata of a model's file, and nothing else of it.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <pupil/io/safetensors.hpp>

namespace pupil::detail {

/// Writes a file anew with these texts in its metadata and all else as it was, but without the texts whose keys begin
/// with `dropped`: all or nothing. Throws FileError, and the older file stays.
inline void keep_texts(const std::filesystem::path& path, const std::map<std::string, std::string>& texts,
                       std::string_view dropped = {}) {
  const SafetensorsFile file(path);
  SafetensorsWriter writer;
  for (const std::string& name : file.names()) {
    const TensorInfo& tensor = file.info(name);
    writer.add(name, tensor.dtype, tensor.shape, file.raw(name).data());
  }
  for (const auto& [key, text] : file.metadata()) {
    if (dropped.empty() || !key.starts_with(dropped)) writer.set_metadata(key, text);
  }
  for (const auto& [key, text] : texts) writer.set_metadata(key, text);
  writer.write(path);
}

}  // namespace pupil::detail
