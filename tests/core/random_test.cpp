#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>

using namespace pupil;

namespace {

using Block = std::array<std::uint32_t, 4>;

struct Moments {
  double mean, variance, skewness, kurtosis;
};

template <class Draw>
Moments moments(int count, const Draw& draw) {
  std::vector<double> numbers(static_cast<std::size_t>(count));
  std::generate(numbers.begin(), numbers.end(), draw);
  const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / count;
  const auto central = [&](int power) {
    double sum = 0;
    for (const double x : numbers) sum += std::pow(x - mean, power);
    return sum / count;
  };
  const double variance = central(2);
  return {mean, variance, central(3) / std::pow(variance, 1.5), central(4) / (variance * variance)};
}

}  // namespace

TEST_CASE("philox gives the known answers of Random123") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(philox4x32({ones, ones, ones, ones}, {ones, ones}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a generator goes through philox's blocks: key the seed, counter the block's number and the stream") {
  Rng rng(0);
  CHECK(rng.next() == 0x6627e8d5);
  CHECK(rng.next() == 0xe169c58d);
  CHECK(rng.next64() == 0xbc57ac4c9b00dbd8);
  CHECK(rng.next() == philox4x32({1, 0, 0, 0}, {0, 0})[0]);
  Rng other(0x123456789abcdef0, 0x0fedcba987654321);
  CHECK(other.next() == philox4x32({0, 0, 0x87654321, 0x0fedcba9}, {0x9abcdef0, 0x12345678})[0]);
}

TEST_CASE("the same seed gives the same numbers, another seed or stream others") {
  Rng first(7);
  Rng same(7);
  Rng other_seed(8);
  Rng other_stream(7, 1);
  const auto number = first.next64();
  CHECK(same.next64() == number);
  CHECK(other_seed.next64() != number);
  CHECK(other_stream.next64() != number);
}

TEST_CASE("a state brings a generator back, in the middle of a block too") {
  Rng rng(3, 4);
  for (int drawn = 0; drawn < 9; ++drawn) {
    CAPTURE(drawn);
    const Rng::State state = rng.state();
    CHECK(state == Rng::State{3, 4, static_cast<std::uint64_t>(drawn)});
    Rng restored(state);
    Rng copy = rng;
    const auto next = rng.next();
    CHECK(restored.next() == next);
    CHECK(copy.next() == next);
  }
}

TEST_CASE("skipping is drawing without looking") {
  Rng drawn(5);
  Rng skipped(5);
  drawn.next();
  skipped.next();
  for (int i = 0; i < 1001; ++i) drawn.next();
  skipped.skip(1001);
  CHECK(skipped.next() == drawn.next());
}

TEST_CASE("uniform_at looks ahead to what uniform will give") {
  Rng rng(6);
  rng.next();
  const Rng start = rng;
  for (std::uint64_t i = 0; i < 20; ++i) CHECK(start.uniform_at(i) == rng.uniform<float>());
  CHECK(start.state().position == 1);
}

TEST_CASE("uniform numbers lie in [0, 1), with the moments of that") {
  const auto check = [](const auto& draw) {
    double least = 1;
    double greatest = 0;
    const Moments m = moments(100000, [&] {
      const auto u = draw();
      least = std::min(least, static_cast<double>(u));
      greatest = std::max(greatest, static_cast<double>(u));
      return static_cast<double>(u);
    });
    CHECK(least >= 0);
    CHECK(least < 1e-3);
    CHECK(greatest < 1);
    CHECK(greatest > 1 - 1e-3);
    CHECK(m.mean == doctest::Approx(0.5).epsilon(0.01));
    CHECK(m.variance == doctest::Approx(1. / 12).epsilon(0.02));
  };
  Rng rng(7);
  SUBCASE("float") {
    check([&] { return rng.uniform<float>(); });
  }
  SUBCASE("double") {
    check([&] { return rng.uniform<double>(); });
  }
}

TEST_CASE("uniform numbers between bounds never reach the upper one") {
  Rng rng(8);
  const float next_to_one = std::nextafter(1.0F, 2.0F);  // every other number would be rounded to it
  for (int i = 0; i < 1000; ++i) REQUIRE(rng.uniform(1.0F, next_to_one) == 1.0F);
  for (int i = 0; i < 1000; ++i) {
    const double x = rng.uniform(-3.0, 5.0);
    REQUIRE((x >= -3 && x < 5));
  }
  CHECK(rng.uniform(2.0, 2.0) == 2.0);
}

TEST_CASE("the normal quantile has its known values") {
  using pupil::detail::normal_quantile;
  const auto check = [](double p, double z) { CHECK(normal_quantile(p) == doctest::Approx(z).epsilon(1e-14)); };
  CHECK(normal_quantile(0.5) == 0);
  check(0.75, 0.67448975019608174);
  check(0.975, 1.9599639845400539);
  check(0.025, -1.9599639845400539);
  check(0.999, 3.0902323061678133);
  check(1e-10, -6.3613409024040562);
  check(1e-12, -7.0344838253011319);
  check(0x1p-53, -8.2095361516013869);
}

TEST_CASE("the logarithm is that of the standard library to the last places") {
  for (const double x : {0x1p-53, 1e-300, 1e-7, 0.3, 0.70710678, 0.70710679, 0.999999, 1.0, 1.5, 2.0, 1e10, 1e300}) {
    CAPTURE(x);
    CHECK(pupil::detail::logarithm(x) == doctest::Approx(std::log(x)).epsilon(1e-15));
  }
}

TEST_CASE("normal numbers have the moments of the normal distribution") {
  Rng rng(9);
  const Moments m = moments(200000, [&] { return rng.normal<double>(); });
  CHECK(std::abs(m.mean) < 0.01);
  CHECK(m.variance == doctest::Approx(1).epsilon(0.02));
  CHECK(std::abs(m.skewness) < 0.03);
  CHECK(m.kurtosis == doctest::Approx(3).epsilon(0.03));
}

TEST_CASE("normal numbers in float are those in double, rounded") {
  Rng single(10);
  Rng precise(10);
  for (int i = 0; i < 100; ++i) CHECK(single.normal<float>() == static_cast<float>(precise.normal<double>()));
}

TEST_CASE("integers below a bound are uniform") {
  Rng rng(11);
  std::array<int, 7> counts{};
  constexpr int draws = 70000;
  for (int i = 0; i < draws; ++i) ++counts[static_cast<std::size_t>(rng.below(7))];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += std::pow(count - draws / 7., 2) / (draws / 7.);
  CHECK(chi_squared < 22.5);  // 6 degrees of freedom, one in a thousand
}

TEST_CASE("integers below a bound that does not divide 2^64 are not biased towards the small ones") {
  // Three quarters of 2^63: by the remainder alone, the lower third would come up twice as often as it should.
  constexpr Index bound = Index{3} << 61U;
  Rng rng(12);
  int lower_third = 0;
  constexpr int draws = 30000;
  for (int i = 0; i < draws; ++i) {
    const Index drawn = rng.below(bound);
    REQUIRE((drawn >= 0 && drawn < bound));
    lower_third += drawn < bound / 3 ? 1 : 0;
  }
  CHECK(lower_third == doctest::Approx(draws / 3.).epsilon(0.03));
}

TEST_CASE("below 1 there is only 0, and below 0 nothing") {
  Rng rng(13);
  CHECK(rng.below(1) == 0);
  CHECK_THROWS_WITH_AS(rng.below(0), "random: no integer in [0, 0)", OptionError);
  CHECK_THROWS_AS(rng.below(-1), OptionError);
}

TEST_CASE("a shuffle keeps everything, and every order is equally likely") {
  Rng rng(14);
  std::array<int, 6> orders{};
  constexpr int shuffles = 12000;
  for (int i = 0; i < shuffles; ++i) {
    std::vector<int> cards{0, 1, 2};
    rng.shuffle(cards);
    REQUIRE(std::set<int>(cards.begin(), cards.end()) == std::set<int>{0, 1, 2});
    ++orders[static_cast<std::size_t>(2 * cards[0] + (cards[1] > cards[2] ? 1 : 0))];
  }
  double chi_squared = 0;
  for (const int count : orders) chi_squared += std::pow(count - shuffles / 6., 2) / (shuffles / 6.);
  CHECK(chi_squared < 20.5);  // 5 degrees of freedom, one in a thousand
  std::vector<int> nothing;
  rng.shuffle(nothing);
  CHECK(nothing.empty());
}

TEST_CASE("a fork is another stream of the same seed, and another one every time") {
  Rng rng(15);
  Rng first = rng.fork();
  Rng second = rng.fork();
  CHECK(first.state().seed == 15);
  CHECK(first.state().stream != second.state().stream);
  CHECK(first.next64() != second.next64());
}
