#include "model/timestamptz.h"

#include <charconv>
#include <cstdio>
#include <limits>
#include <utility>

#include "model/calendar.h"

namespace elanus {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int32_t kOffsetMax = 14 * 3600;
constexpr int32_t kOffsetMin = -12 * 3600;

// b > 0; the remainder is never negative.
int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t FloorMod(int64_t a, int64_t b) { return a % b < 0 ? a % b + b : a % b; }

// Reads a timestamp from left to right.
struct Cursor {
  std::string_view rest;

  bool Accept(char c) {
    if (rest.empty() || rest[0] != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool Digits(size_t count, int64_t* value) {
    if (rest.size() < count) return false;
    *value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return false;
      *value = *value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    return true;
  }
  // ".123456789": microseconds, what is finer is cut off.
  bool Fraction(int64_t* micros) {
    int64_t unit = kMicros / 10;
    size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9';
         ++digits, unit /= 10) {
      *micros += (rest[digits] - '0') * unit;
    }
    rest.remove_prefix(digits);
    return digits > 0;
  }
};

}  // namespace

bool LooksLikeTimestamp(std::string_view text) {
  if (text.size() < 10) return false;
  for (size_t i = 0; i < 10; ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

Result<int64_t> ParseTimestamptz(std::string_view text, const TimeZone& zone) {
  const auto bad = [text] {
    return Fail(Code::kParameterInvalid, "invalid timestamp string: '" + std::string(text) +
                                             "'. Does not match any known format");
  };
  Cursor in{text};
  int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  if (!in.Digits(4, &year) || !in.Accept('-') || !in.Digits(2, &month) || !in.Accept('-') ||
      !in.Digits(2, &day)) {
    return bad();
  }
  if (!in.Accept('T') && !in.Accept(' ')) return bad();
  if (!in.Digits(2, &hour) || !in.Accept(':') || !in.Digits(2, &minute) || !in.Accept(':') ||
      !in.Digits(2, &second)) {
    return bad();
  }
  if (in.Accept('.') && !in.Fraction(&micros)) return bad();
  if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month) || hour > 23 ||
      minute > 59 || second > 59) {
    return bad();
  }
  const int64_t local_s =
      DaysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  if (in.rest.empty()) return zone.ToUtc(local_s) * kMicros + micros;
  if (in.Accept('Z')) return in.rest.empty() ? Result<int64_t>(local_s * kMicros + micros) : bad();

  const bool west = in.Accept('-');
  if (!west && !in.Accept('+')) return bad();
  int64_t offset_hours = 0, offset_minutes = 0;
  if (!in.Digits(2, &offset_hours)) return bad();
  if (in.Accept(':') && !in.Digits(2, &offset_minutes)) return bad();
  if (!in.rest.empty() || offset_minutes > 59) return bad();
  const int64_t offset_s = (offset_hours * 3600 + offset_minutes * 60) * (west ? -1 : 1);
  if (offset_s > kOffsetMax || offset_s < kOffsetMin) {
    return Fail(Code::kParameterInvalid, "UTC offset hour " + std::to_string(offset_s / 3600) +
                                             " is out of the valid range [-12, 14]");
  }
  return (local_s - offset_s) * kMicros + micros;
}

std::string FormatTimestamptz(int64_t micros, const TimeZone& zone) {
  const int64_t utc_s = FloorDiv(micros, kMicros);
  const int64_t fraction = FloorMod(micros, kMicros);
  const int32_t offset_s = zone.OffsetAt(utc_s);
  const int64_t local_s = utc_s + offset_s;
  const CivilDay date = CivilFromDays(FloorDiv(local_s, 86400));
  const int64_t in_day = FloorMod(local_s, 86400);
  char buffer[96];
  int size = std::snprintf(buffer, sizeof buffer, "%04lld-%02d-%02dT%02d:%02d:%02d",
                           static_cast<long long>(date.year), static_cast<int>(date.month),
                           static_cast<int>(date.day), static_cast<int>(in_day / 3600),
                           static_cast<int>(in_day / 60 % 60), static_cast<int>(in_day % 60));
  std::string text(buffer, static_cast<size_t>(size));
  if (fraction != 0) {
    size = std::snprintf(buffer, sizeof buffer, ".%06d", static_cast<int>(fraction));
    text.append(buffer, static_cast<size_t>(size));
    while (text.back() == '0') text.pop_back();
  }
  if (offset_s == 0) return text + "Z";
  const int32_t away = offset_s < 0 ? -offset_s : offset_s;
  size = std::snprintf(buffer, sizeof buffer, "%c%02d:%02d", offset_s < 0 ? '-' : '+', away / 3600,
                       away / 60 % 60);
  return text.append(buffer, static_cast<size_t>(size));
}

Result<Interval> ParseInterval(std::string_view text) {
  const Status bad = Fail(Code::kQueryPlan, "invalid ISO 8601 duration: " + std::string(text));
  Interval interval;
  Cursor in{text};
  if (!in.Accept('P')) return bad;
  const std::pair<char, int64_t*> date_parts[] = {
      {'Y', &interval.years}, {'M', &interval.months}, {'D', &interval.days}};
  const std::pair<char, int64_t*> time_parts[] = {
      {'H', &interval.hours}, {'M', &interval.minutes}, {'S', &interval.seconds}};
  const auto read = [&in](const auto& parts) {
    size_t next = 0;
    while (!in.rest.empty() && in.rest[0] != 'T') {
      int64_t value = 0;
      const auto [end, error] =
          std::from_chars(in.rest.data(), in.rest.data() + in.rest.size(), value);
      if (error != std::errc() || in.rest[0] == '-') return false;
      in.rest.remove_prefix(static_cast<size_t>(end - in.rest.data()));
      while (next < 3 && (in.rest.empty() || in.rest[0] != parts[next].first)) ++next;
      if (next == 3) return false;
      *parts[next++].second = value;
      in.rest.remove_prefix(1);
    }
    return true;
  };
  if (!read(date_parts)) return bad;
  if (in.Accept('T') && !read(time_parts)) return bad;
  if (!in.rest.empty()) return bad;
  return interval;
}

int64_t AddInterval(int64_t micros, const Interval& interval, int sign) {
  __extension__ using Wide = __int128;
  const int64_t utc_s = FloorDiv(micros, kMicros);
  const int64_t days = FloorDiv(utc_s, 86400);
  const CivilDay date = CivilFromDays(days);
  // Calendar parts beyond any representable year saturate before they can overflow.
  const Wide months = (Wide{date.year} + Wide{sign} * interval.years) * 12 + date.month - 1 +
                      Wide{sign} * interval.months;
  const auto limit = [](bool positive) {
    return positive ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  };
  if (months > Wide{12} * 400'000 || months < Wide{-12} * 400'000) return limit(months > 0);
  const auto month_count = static_cast<int64_t>(months);
  const int64_t year = FloorDiv(month_count, 12);
  const Wide day =
      Wide{DaysFromCivil(year, month_count - year * 12 + 1, date.day)} + Wide{sign} * interval.days;
  const Wide clock_s =
      Wide{utc_s} - Wide{days} * 86400 +
      Wide{sign} * (Wide{interval.hours} * 3600 + Wide{interval.minutes} * 60 + interval.seconds);
  const Wide result = (day * 86400 + clock_s) * kMicros + FloorMod(micros, kMicros);
  if (result > std::numeric_limits<int64_t>::max()) return limit(true);
  if (result < std::numeric_limits<int64_t>::min()) return limit(false);
  return static_cast<int64_t>(result);
}

}  // namespace elanus
