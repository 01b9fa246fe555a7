// The other class, and one of that name that is nobody else's.

namespace {

struct Inputs {
  char own = 0;
};

}  // namespace

namespace program {

class Inputs {
  double number_ = 0;
};

}  // namespace program
