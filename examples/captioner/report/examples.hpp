#pragma once
// Which images a report shows: the best, the worst, and some by chance.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace captioner::report {

/// An image that is shown, by its place, and why: "best", "worst", "random", or several with blanks between them.
struct Example {
  std::size_t place;
  std::string groups;
};

/// So many with the highest scores, so many with the lowest, and so many by chance, or all where there are fewer; each
/// once, those with the highest score first, equal ones in their order.
std::vector<Example> choose_examples(const std::vector<double>& scores, std::size_t of_each, std::uint64_t seed);

}  // namespace captioner::report
