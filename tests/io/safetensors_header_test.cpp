#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/safetensors_header.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

std::string header_error(const std::string& text, std::size_t data_size) {
  return error_of<FileError>([&] { parse_safetensors_header(text, data_size, "file"); });
}

}  // namespace

TEST_CASE("a header says the type, shape and place of each tensor") {
  const auto header = parse_safetensors_header(
      R"({"__metadata__":{"format":"pt","vocabulary":"a\nb"},)"
      R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"b":{"data_offsets":[0,8],"shape":[1],"dtype":"I64"},)"
      R"("s":{"dtype":"U8","shape":[],"data_offsets":[32,33]},"e":{"dtype":"F16","shape":[0,7],"data_offsets":[32,32]}}  )",
      33, "file");
  CHECK(header.metadata.at("vocabulary") == "a\nb");
  CHECK(header.tensors.at("w").dtype == Dtype::F32);
  CHECK(header.tensors.at("w").shape == std::vector<Index>{2, 3});
  CHECK(header.tensors.at("w").offset == 8);
  CHECK(header.tensors.at("w").bytes == 24);
  CHECK(header.tensors.at("w").size() == 6);
  CHECK(header.tensors.at("s").size() == 1);
  CHECK(header.tensors.at("e").size() == 0);
  CHECK(names_by_offset(header) == std::vector<std::string>{"b", "w", "e", "s"});
}

TEST_CASE("metadata may be null or empty") {
  for (const char* metadata : {"null", " null ", "{}"}) {
    const auto header = parse_safetensors_header(
        R"({"__metadata__":)" + std::string(metadata) + R"(,"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1,
        "file");
    CHECK(header.metadata.empty());
    CHECK(header.tensors.size() == 1);
  }
}

TEST_CASE("members of a tensor that are not in the format are skipped") {
  const auto header = parse_safetensors_header(
      R"({"x":{"dtype":"U8","strides":[{"a":null}],"shape":[1],"data_offsets":[0,1],"note":-1.5}})", 1, "file");
  CHECK(header.tensors.at("x").bytes == 1);
}

TEST_CASE("every fault of a header is an error that says what is wrong") {
  struct Case {
    std::string text;
    std::size_t data_size;
    std::string expected;
  };
  const auto tensor = [](const std::string& members) { return R"({"x":{)" + members + "}}"; };
  const std::vector<Case> cases{
      {"", 0, "expected '{'"},
      {" {}", 0, "expected '{'"},
      {"[]", 0, "expected '{'"},
      {"{}x", 0, "more text after the end"},
      {R"({"x":1})", 0, "expected '{'"},
      {R"({"__metadata__":{"a":1}})", 0, R"(the metadata's "a" is not a text)"},
      {R"({"__metadata__":{"a":null}})", 0, R"(the metadata's "a" is not a text)"},
      {R"({"__metadata__":[]})", 0, "expected '{'"},
      {R"({"__metadata__":{"a":"1","a":"2"}})", 0, R"(the name "a" stands twice)"},
      {tensor(R"("dtype":"Q4","shape":[4],"data_offsets":[0,4])"), 4, R"(tensor "x" has the unknown dtype "Q4")"},
      {tensor(R"("dtype":7,"shape":[4],"data_offsets":[0,4])"), 4, "expected '\"'"},
      {tensor(R"("shape":[4],"data_offsets":[0,4])"), 4, R"(tensor "x" has no dtype)"},
      {tensor(R"("dtype":"U8","data_offsets":[0,4])"), 4, R"(tensor "x" has no shape)"},
      {tensor(R"("dtype":"U8","shape":[4])"), 4, R"(tensor "x" has no pair of data_offsets)"},
      {tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4,8])"), 4, "no pair of data_offsets"},
      {tensor(R"("dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4])"), 4, R"("dtype" stands twice)"},
      {tensor(R"("dtype":"U8","shape":[-4],"data_offsets":[0,4])"), 4, "a negative number"},
      {tensor(R"("dtype":"U8","shape":[4.0],"data_offsets":[0,4])"), 4, "expected a whole number"},
      {tensor(R"("dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,4])"), 4, "above 2^64 - 1"},
      {tensor(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,4])"), 4, "has the extent"},
      {tensor(R"("dtype":"F32","shape":[4],"data_offsets":[0,4])"), 4,
       R"(tensor "x" has 4 bytes of data, which is not what F32 [4] takes)"},
      {tensor(R"("dtype":"F64","shape":[4611686018427387904,8],"data_offsets":[0,0])"), 0, "is not what F64"},
      {tensor(R"("dtype":"U8","shape":[4],"data_offsets":[4,0])"), 4, "before it begins"},
      {tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4])"), 3,
       R"(tensor "x" lies at bytes 0 to 4 of the data, of which the file has only 3)"},
      {tensor(R"("dtype":"U8","shape":[4],"data_offsets":[18446744073709551608,18446744073709551612])"), 4,
       "has only 4"},
      {tensor(R"("dtype":"U8","shape":[4],"data_offsets":[1,5])"), 5, "what lies before it ends at 0"},
      {tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4])"), 6,
       "the tensors end at byte 4 of the data, which has 6"},
      {R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       6, R"(tensor "y" begins at byte 2 of the data, inside tensor "x", which ends at 4)"},
      {R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
       8, R"(the name "x" stands twice)"},
      {R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})", 4, "expected '}'"},
      {"{\"\xff\":{}}", 0, "malformed UTF-8"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const std::string error = header_error(c.text, c.data_size);
    CAPTURE(error);
    CHECK(error.starts_with("file: "));
    CHECK(contains(error, c.expected));
    CHECK_FALSE(contains(error, "\n"));
  }
}

TEST_CASE("an error stays one line whatever a tensor is called") {
  const std::string error = header_error(R"({"two\nlines":{"dtype":"U8","shape":[4],"data_offsets":[0,5]}})", 5);
  CHECK(contains(error, R"("two\u000alines")"));
  CHECK_FALSE(contains(error, "\n"));
}

TEST_CASE("larger element types lie first, then names in order") {
  SafetensorsHeader header;
  header.tensors["c"] = {.dtype = Dtype::F32, .shape = {3}};
  header.tensors["a"] = {.dtype = Dtype::U8, .shape = {5}};
  header.tensors["b"] = {.dtype = Dtype::F32, .shape = {1}};
  header.tensors["d"] = {.dtype = Dtype::I64, .shape = {2}};
  CHECK(assign_offsets(header) == 16 + 4 + 12 + 5);
  CHECK(names_by_offset(header) == std::vector<std::string>{"d", "b", "c", "a"});
  CHECK(header.tensors.at("c").offset == 20);
}

TEST_CASE("shapes that no memory could hold are errors that name the tensor") {
  constexpr Index large = Index{1} << 62;
  for (const std::vector<Index>& shape : {std::vector<Index>{-1}, {large, 4}, {0, -1}}) {
    SafetensorsHeader header;
    header.tensors["x"] = {.dtype = Dtype::U8, .shape = shape};
    CHECK(contains(error_of<ShapeError>([&] { assign_offsets(header); }), R"(tensor "x" cannot have the shape)"));
  }
}

TEST_CASE("a formatted header is read back the same") {
  SafetensorsHeader header;
  header.metadata["quotes \" and\nlines"] = "\u00e9\\";
  header.tensors["x.\"y\""] = {.dtype = Dtype::BF16, .shape = {2, 1}};
  header.tensors["z"] = {.dtype = Dtype::BOOL, .shape = {}};
  const std::size_t data_size = assign_offsets(header);
  const std::string text = format_safetensors_header(header);
  CHECK(text.size() % 8 == 0);
  const auto again = parse_safetensors_header(text.substr(8), data_size, "file");
  CHECK(again.metadata == header.metadata);
  CHECK(names_by_offset(again) == names_by_offset(header));
  CHECK(format_safetensors_header(again) == text);
}
