#include <pupil/core/version.hpp>

int main() {}
