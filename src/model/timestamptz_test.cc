#include "model/timestamptz.h"

#include <gtest/gtest.h>

namespace elanus {
namespace {

constexpr int64_t kSecond = 1'000'000;

int64_t Parse(std::string_view text, std::string_view zone = "UTC") {
  const auto loaded = TimeZone::Load(zone);
  EXPECT_TRUE(loaded.ok()) << zone;
  const Result<int64_t> micros = ParseTimestamptz(text, **loaded);
  EXPECT_TRUE(micros.ok()) << text << ": " << micros.status().message();
  return micros.ok() ? *micros : -1;
}
std::string Format(int64_t micros, std::string_view zone) {
  return FormatTimestamptz(micros, **TimeZone::Load(zone));
}

TEST(Timestamptz, ParsesOffsetsAndFractions) {
  EXPECT_EQ(Parse("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(Parse("2025-01-01T00:00:00Z"), 1735689600 * kSecond);
  EXPECT_EQ(Parse("2025-01-01T08:00:00+08:00"), 1735689600 * kSecond);
  EXPECT_EQ(Parse("2025-01-01 08:00:00+08"), 1735689600 * kSecond);
  EXPECT_EQ(Parse("2024-12-31T19:00:00.5-05:00"), 1735689600 * kSecond + 500000);
  EXPECT_EQ(Parse("2025-01-01T00:00:00.123456789Z"), 1735689600 * kSecond + 123456);
  EXPECT_EQ(Parse("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(Parse("0001-01-01T00:00:00Z"), -62135596800 * kSecond);
}

TEST(Timestamptz, TakesNaiveReadingsInTheZone) {
  EXPECT_EQ(Parse("2025-01-01T08:00:00", "Asia/Shanghai"), 1735689600 * kSecond);
  EXPECT_EQ(Parse("2024-07-01 12:00:00", "America/New_York"), Parse("2024-07-01T16:00:00Z"));
  EXPECT_EQ(Parse("2024-01-01 12:00:00", "America/New_York"), Parse("2024-01-01T17:00:00Z"));
  // Past the file's table its rule holds; the southern summer spans the new year.
  EXPECT_EQ(Parse("2090-07-01T12:00:00", "America/New_York"), Parse("2090-07-01T16:00:00Z"));
  EXPECT_EQ(Parse("2090-01-10T12:00:00", "Australia/Sydney"), Parse("2090-01-10T01:00:00Z"));
  EXPECT_EQ(Parse("2090-07-10T12:00:00", "Australia/Sydney"), Parse("2090-07-10T02:00:00Z"));
  // Skipped and repeated hours.
  EXPECT_EQ(Parse("2024-03-10T02:30:00", "America/New_York"), Parse("2024-03-10T07:30:00Z"));
  EXPECT_EQ(Parse("2024-11-03T01:30:00", "America/New_York"), Parse("2024-11-03T05:30:00Z"));
}

TEST(Timestamptz, FormatsInAZone) {
  const int64_t micros = 1735689600 * kSecond;
  EXPECT_EQ(Format(micros, "UTC"), "2025-01-01T00:00:00Z");
  EXPECT_EQ(Format(micros + 120000, "Asia/Shanghai"), "2025-01-01T08:00:00.12+08:00");
  EXPECT_EQ(Format(micros, "America/New_York"), "2024-12-31T19:00:00-05:00");
  EXPECT_EQ(Format(micros, "Asia/Kolkata"), "2025-01-01T05:30:00+05:30");
  EXPECT_EQ(Format(Parse("2024-07-01T00:00:00Z"), "Europe/London"), "2024-07-01T01:00:00+01:00");
  EXPECT_EQ(Format(-1, "UTC"), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(Format(INT64_MIN, "UTC"), "-290308-12-21T19:59:05.224192Z");
}

TEST(Timestamptz, RefusesOtherText) {
  for (const std::string_view text :
       {"", "2025", "2025-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2025-01-01",
        "2025-01-01T24:00:00Z", "2025-01-01T00:00:00X", "2025-01-01T00:00:00Z ",
        "2025-01-01T00:00:00.Z", "20250101T000000Z", "hello", "2025-01-01T00:00:00+99:00",
        "2025-01-01T00:00:00-13:00"}) {
    EXPECT_FALSE(ParseTimestamptz(text, TimeZone::Utc()).ok()) << text;
  }
}

TEST(Timestamptz, KnowsZoneNames) {
  for (const std::string_view name :
       {"UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires", "Etc/GMT+5"}) {
    EXPECT_TRUE(IsTimeZone(name)) << name;
  }
  for (const std::string_view name :
       {"", "Nowhere/City", "../etc/passwd", "/etc/localtime", "Asia", "Asia/../UTC"}) {
    EXPECT_FALSE(IsTimeZone(name)) << name;
  }
}

TEST(Timestamptz, RefusesDamagedZoneFiles) {
  EXPECT_FALSE(TimeZone::Parse("").ok());
  EXPECT_FALSE(TimeZone::Parse("TZif2").ok());
  EXPECT_FALSE(TimeZone::Parse("TZif2" + std::string(39, '\xff')).ok());
}

TEST(Interval, ParsesIsoDurations) {
  EXPECT_EQ(*ParseInterval("P1Y2M3DT4H5M6S"), (Interval{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(*ParseInterval("P1DT2H"), (Interval{0, 0, 1, 2, 0, 0}));
  EXPECT_EQ(*ParseInterval("PT5M"), (Interval{0, 0, 0, 0, 5, 0}));
  EXPECT_EQ(*ParseInterval("P5M"), (Interval{0, 5, 0, 0, 0, 0}));
  for (const std::string_view text :
       {"", "1D", "P1H", "P1D2Y", "P-1D", "P1.5D", "P1W", "PT1HT", "P1DT2H ", "P1D1D"}) {
    EXPECT_FALSE(ParseInterval(text).ok()) << text;
  }
}

TEST(Interval, MovesTheCalendarAndTheClock) {
  const auto add = [](std::string_view text, std::string_view interval, int sign) {
    return FormatTimestamptz(AddInterval(Parse(text), *ParseInterval(interval), sign),
                             TimeZone::Utc());
  };
  EXPECT_EQ(add("2024-02-28T23:00:00Z", "P1DT2H", 1), "2024-03-01T01:00:00Z");
  EXPECT_EQ(add("2024-03-01T01:00:00Z", "P1DT2H", -1), "2024-02-28T23:00:00Z");
  EXPECT_EQ(add("2025-01-31T00:00:00Z", "P1M", 1), "2025-03-03T00:00:00Z");
  EXPECT_EQ(add("2025-03-15T00:00:00.25Z", "P1Y14M", -1), "2023-01-15T00:00:00.25Z");
  EXPECT_EQ(AddInterval(0, *ParseInterval("P9223372036854775807Y"), 1), INT64_MAX);
  EXPECT_EQ(AddInterval(0, *ParseInterval("PT9223372036854775807H"), -1), INT64_MIN);
  EXPECT_EQ(AddInterval(INT64_MAX, *ParseInterval("P1D"), 1), INT64_MAX);
  EXPECT_EQ(AddInterval(INT64_MIN, *ParseInterval("P1DT2H"), -1), INT64_MIN);
  EXPECT_EQ(AddInterval(INT64_MIN, *ParseInterval("PT0S"), 1), INT64_MIN);
}

}  // namespace
}  // namespace elanus
