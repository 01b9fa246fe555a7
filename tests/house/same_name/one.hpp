// One of two classes of one name, which tests/house/one_class_a_name.cmake has to find.
#pragma once

namespace program {

struct Inputs {
  int number = 0;
};

}  // namespace program
