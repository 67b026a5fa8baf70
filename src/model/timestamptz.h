// Instants as text: Timestamptz fields hold int64 microseconds since 1970-01-01T00:00:00Z, clients
// send and receive ISO 8601. Zones are IANA names, read from the system's tz database (TZDIR, or
// /usr/share/zoneinfo).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace elanus {

// The UTC offsets of one zone. Immutable; load once, share.
class TimeZone {
 public:
  static const TimeZone& Utc();
  // "UTC", "Asia/Shanghai". kParameterInvalid for a name that is not a zone.
  static Result<std::shared_ptr<const TimeZone>> Load(std::string_view name);
  // From the bytes of a TZif file (RFC 8536); kCorruption for others.
  static Result<TimeZone> Parse(std::string_view tzif);

  // Seconds east of UTC at an instant.
  int32_t OffsetAt(int64_t utc_s) const;
  // The instant of a wall clock reading, both in seconds. A reading that occurs twice is its first
  // instant; one that is skipped is taken with the offset before the gap, so it lands after it.
  int64_t ToUtc(int64_t local_s) const;

 private:
  // A day of the year on which daylight time starts or ends, as POSIX TZ strings have it.
  struct RuleDay {
    enum class Kind : uint8_t { kJulian, kZeroBased, kMonthWeekDay } kind = Kind::kJulian;
    int32_t month = 0, week = 0, day = 0;
    int32_t time_s = 7200;
  };
  struct Rule {  // what holds after the last transition
    int32_t offset_s = 0;
    bool has_dst = false;
    int32_t dst_offset_s = 0;
    RuleDay start, end;
  };
  static bool ParseRule(std::string_view text, Rule* rule);
  static int64_t InstantOf(const RuleDay& day, int64_t year, int32_t offset_s);
  static int32_t OffsetByRule(const Rule& rule, int64_t utc_s);

  std::vector<int64_t> transitions_;  // ascending instants
  std::vector<int32_t> offsets_;      // after each
  int32_t first_offset_s_ = 0;        // before the first
  bool has_rule_ = false;
  Rule rule_;
};

bool IsTimeZone(std::string_view name);

// "2025-01-02T03:04:05[.fraction][Z|+08:00]", also with a blank for the T; without an offset the
// reading is taken in `zone`. Below microseconds is cut off. kParameterInvalid otherwise.
Result<int64_t> ParseTimestamptz(std::string_view text, const TimeZone& zone);
// Whether `text` has the shape of a timestamp at all (10 characters dddd-dd-dd); cheap.
bool LooksLikeTimestamp(std::string_view text);

// "2025-01-02T11:04:05.5+08:00"; "Z" when the offset is zero; no trailing zeros in the fraction.
std::string FormatTimestamptz(int64_t micros, const TimeZone& zone);

// A calendar duration: months and days move the calendar (in UTC), seconds the clock.
struct Interval {
  int64_t years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0;
  bool operator==(const Interval&) const = default;
};
// "P1Y2M3DT4H5M6S"; each part is optional; no weeks, no fractions.
Result<Interval> ParseInterval(std::string_view text);
// `sign` is 1 or -1. Saturates at int64's ends. A day of month past the month's end runs on into
// the next (January 31 + 1 month = March 3 or 2).
int64_t AddInterval(int64_t micros, const Interval& interval, int sign);

}  // namespace elanus
