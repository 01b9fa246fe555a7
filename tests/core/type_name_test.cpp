#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor.hpp>
#include <pupil/core/type_name.hpp>

using namespace pupil;

namespace {

struct Hidden {};
enum class Choice { one };

}  // namespace

namespace outer::inner {

struct Plain {};
template <class... Parts>
struct Template {
  struct Nested {};
};

}  // namespace outer::inner

TEST_CASE("a type's name is without namespaces and template arguments") {
  CHECK(type_name<int>() == "int");
  CHECK(type_name<Hidden>() == "Hidden");
  CHECK(type_name<Choice>() == "Choice");
  CHECK(type_name<outer::inner::Plain>() == "Plain");
  CHECK(type_name<outer::inner::Template<>>() == "Template");
  CHECK(type_name<outer::inner::Template<outer::inner::Plain, std::vector<Hidden>>>() == "Template");
  CHECK(type_name<Tensor<float, 4>>() == "Tensor");
}
