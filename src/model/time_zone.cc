// IANA zones from TZif files (RFC 8536): the 64-bit block and its POSIX rule for later years.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "model/calendar.h"
#include "model/timestamptz.h"

namespace elanus {
namespace {

constexpr int32_t kOffsetMax = 26 * 3600;

// Walks big-endian integers; overruns set `bad` and read zero.
struct BigEndian {
  std::string_view rest;
  bool bad = false;

  uint64_t Unsigned(size_t bytes) {
    if (rest.size() < bytes) {
      bad = true;
      return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<uint8_t>(rest[i]);
    rest.remove_prefix(bytes);
    return value;
  }
  int32_t I32() { return static_cast<int32_t>(Unsigned(4)); }
  int64_t I64() { return static_cast<int64_t>(Unsigned(8)); }
  std::string_view Skip(uint64_t bytes) {
    if (rest.size() < bytes) {
      bad = true;
      return {};
    }
    const std::string_view skipped = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    return skipped;
  }
};

struct Counts {
  uint64_t isut, isstd, leap, transitions, types, chars;
  uint64_t BytesWith(uint64_t time_size) const {
    return transitions * (time_size + 1) + types * 6 + chars + leap * (time_size + 4) + isstd +
           isut;
  }
};

std::optional<Counts> ReadHeader(BigEndian* in, char* version) {
  if (in->Skip(4) != "TZif") return std::nullopt;
  *version = static_cast<char>(in->Unsigned(1));
  in->Skip(15);
  Counts counts{};
  counts.isut = in->Unsigned(4);
  counts.isstd = in->Unsigned(4);
  counts.leap = in->Unsigned(4);
  counts.transitions = in->Unsigned(4);
  counts.types = in->Unsigned(4);
  counts.chars = in->Unsigned(4);
  if (in->bad || counts.types == 0) return std::nullopt;
  return counts;
}

// The parts of a POSIX TZ string.
struct RuleText {
  std::string_view rest;

  bool Accept(char c) {
    if (rest.empty() || rest[0] != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool Name() {
    size_t size = 0;
    if (Accept('<')) {
      size = rest.find('>');
      if (size == std::string_view::npos) return false;
      rest.remove_prefix(size + 1);
      return size >= 3;
    }
    while (size < rest.size() && ((rest[size] | 32) >= 'a' && (rest[size] | 32) <= 'z')) ++size;
    rest.remove_prefix(size);
    return size >= 3;
  }
  bool Number(int32_t* value) {
    size_t size = 0;
    *value = 0;
    while (size < rest.size() && size < 4 && rest[size] >= '0' && rest[size] <= '9') {
      *value = *value * 10 + (rest[size++] - '0');
    }
    rest.remove_prefix(size);
    return size > 0;
  }
  bool Time(int32_t* seconds) {  // [+-]h[:m[:s]]
    const bool negative = Accept('-');
    if (!negative) Accept('+');
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t rest_s = 0;
    if (!Number(&hours) || hours > 167) return false;
    if (Accept(':') && !Number(&minutes)) return false;
    if (Accept(':') && !Number(&rest_s)) return false;
    *seconds = (hours * 3600 + minutes * 60 + rest_s) * (negative ? -1 : 1);
    return minutes < 60 && rest_s < 60;
  }
};

bool SafeZoneName(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '/' || name[0] == '.') return false;
  if (name.find("..") != std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+' || c == '.';
  });
}

}  // namespace

const TimeZone& TimeZone::Utc() {
  static const TimeZone kUtc;
  return kUtc;
}

Result<std::shared_ptr<const TimeZone>> TimeZone::Load(std::string_view name) {
  if (name == "UTC") return std::make_shared<const TimeZone>();
  const Status unknown = Fail(Code::kParameterInvalid, "unknown time zone " + std::string(name));
  if (!SafeZoneName(name)) return unknown;
  const char* folder = std::getenv("TZDIR");
  std::ifstream file(
      std::string(folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo") + "/" +
          std::string(name),
      std::ios::binary);
  std::ostringstream bytes;
  if (!file || !(bytes << file.rdbuf())) return unknown;
  Result<TimeZone> zone = Parse(bytes.str());
  if (!zone.ok()) return unknown;
  return std::make_shared<const TimeZone>(std::move(zone).take());
}

Result<TimeZone> TimeZone::Parse(std::string_view tzif) {
  const Status corrupt(Code::kCorruption, "not a time zone file");
  BigEndian in{tzif};
  char version = 0;
  std::optional<Counts> counts = ReadHeader(&in, &version);
  if (!counts) return corrupt;
  size_t time_size = 4;
  if (version >= '2') {
    in.Skip(counts->BytesWith(4));
    counts = ReadHeader(&in, &version);
    if (!counts) return corrupt;
    time_size = 8;
  }
  if (in.bad || counts->BytesWith(time_size) > in.rest.size()) return corrupt;

  TimeZone zone;
  for (uint64_t i = 0; i < counts->transitions; ++i) {
    zone.transitions_.push_back(time_size == 8 ? in.I64() : in.I32());
  }
  if (!std::is_sorted(zone.transitions_.begin(), zone.transitions_.end())) return corrupt;
  const std::string_view kinds = in.Skip(counts->transitions);
  std::vector<int32_t> type_offsets;
  std::optional<int32_t> first_standard;
  for (uint64_t i = 0; i < counts->types; ++i) {
    const int32_t offset = in.I32();
    const bool daylight = in.Unsigned(1) != 0;
    in.Skip(1);
    if (offset > kOffsetMax || offset < -kOffsetMax) return corrupt;
    if (!daylight && !first_standard) first_standard = offset;
    type_offsets.push_back(offset);
  }
  for (const char kind : kinds) {
    const auto index = static_cast<uint8_t>(kind);
    if (index >= type_offsets.size()) return corrupt;
    zone.offsets_.push_back(type_offsets[index]);
  }
  zone.first_offset_s_ = first_standard.value_or(type_offsets[0]);
  in.Skip(counts->chars + counts->leap * (time_size + 4) + counts->isstd + counts->isut);
  if (in.bad) return corrupt;
  if (time_size == 8 && in.rest.size() >= 2 && in.rest[0] == '\n') {
    const size_t end = in.rest.find('\n', 1);
    if (end == std::string_view::npos) return corrupt;
    zone.has_rule_ = ParseRule(in.rest.substr(1, end - 1), &zone.rule_);
  }
  return zone;
}

bool TimeZone::ParseRule(std::string_view text, Rule* rule) {
  RuleText in{text};
  int32_t west = 0;
  if (!in.Name() || !in.Time(&west)) return false;
  rule->offset_s = -west;
  if (in.rest.empty()) return true;
  rule->has_dst = true;
  rule->dst_offset_s = rule->offset_s + 3600;
  if (!in.Name()) return false;
  if (!in.rest.empty() && in.rest[0] != ',') {
    if (!in.Time(&west)) return false;
    rule->dst_offset_s = -west;
  }
  for (RuleDay* day : {&rule->start, &rule->end}) {
    if (!in.Accept(',')) return false;
    if (in.Accept('M')) {
      day->kind = RuleDay::Kind::kMonthWeekDay;
      if (!in.Number(&day->month) || !in.Accept('.') || !in.Number(&day->week) || !in.Accept('.') ||
          !in.Number(&day->day)) {
        return false;
      }
      if (day->month < 1 || day->month > 12 || day->week < 1 || day->week > 5 || day->day > 6)
        return false;
    } else {
      day->kind = in.Accept('J') ? RuleDay::Kind::kJulian : RuleDay::Kind::kZeroBased;
      if (!in.Number(&day->day) || day->day > 365) return false;
    }
    if (in.Accept('/') && !in.Time(&day->time_s)) return false;
  }
  return in.rest.empty();
}

// When `day` comes in `year`, for a wall clock `offset_s` east of UTC.
int64_t TimeZone::InstantOf(const RuleDay& day, int64_t year, int32_t offset_s) {
  int64_t days = DaysFromCivil(year, 1, 1);
  switch (day.kind) {
    case RuleDay::Kind::kJulian:  // 1..365, February 29 is never counted
      days += day.day - 1 + (IsLeapYear(year) && day.day > 59 ? 1 : 0);
      break;
    case RuleDay::Kind::kZeroBased:
      days += day.day;
      break;
    case RuleDay::Kind::kMonthWeekDay: {
      days = DaysFromCivil(year, day.month, 1);
      const int64_t weekday = ((days + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
      int64_t in_month = (day.day - weekday + 7) % 7 + 7 * (day.week - 1);
      if (in_month >= DaysInMonth(year, day.month)) in_month -= 7;
      days += in_month;
      break;
    }
  }
  return days * 86400 + day.time_s - offset_s;
}

int32_t TimeZone::OffsetByRule(const Rule& rule, int64_t utc_s) {
  if (!rule.has_dst) return rule.offset_s;
  const int64_t local_day =
      (utc_s + rule.offset_s) / 86400 - ((utc_s + rule.offset_s) % 86400 < 0 ? 1 : 0);
  const int64_t year = CivilFromDays(local_day).year;
  const int64_t start = InstantOf(rule.start, year, rule.offset_s);
  const int64_t end = InstantOf(rule.end, year, rule.dst_offset_s);
  const bool daylight = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
  return daylight ? rule.dst_offset_s : rule.offset_s;
}

int32_t TimeZone::OffsetAt(int64_t utc_s) const {
  const auto after = std::upper_bound(transitions_.begin(), transitions_.end(), utc_s);
  if (after == transitions_.end() && has_rule_) return OffsetByRule(rule_, utc_s);
  if (after == transitions_.begin()) return first_offset_s_;
  return offsets_[static_cast<size_t>(after - transitions_.begin()) - 1];
}

int64_t TimeZone::ToUtc(int64_t local_s) const {
  // The offsets in force around the reading: a day covers any transition near it.
  const int32_t before = OffsetAt(local_s - 86400);
  const int32_t after = OffsetAt(local_s + 86400);
  if (OffsetAt(local_s - before) == before) return local_s - before;
  if (OffsetAt(local_s - after) == after) return local_s - after;
  return local_s - before;
}

bool IsTimeZone(std::string_view name) { return TimeZone::Load(name).ok(); }

}  // namespace elanus
