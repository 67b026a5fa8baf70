#include "expr/filter.h"

#include <algorithm>
#include <random>
#include <span>

#include "base/profile.h"
#include "expr/binder.h"
#include "expr/bits.h"
#include "expr/parsed_filters.h"

namespace elanus::expr {
namespace {

// Of a row that an index finds, as Predicate::cost() counts.
constexpr double kIndexedRowCost = 1;

// What the indexes tell of a predicate: of a disjunction if they tell of each operand, of a
// conjunction by the operand of which they find the fewest rows.
std::optional<IndexEstimate> EstimateOf(const Source& source, const Predicate& predicate);

const Predicate* Narrowest(const Source& source, const PredicateList& conjuncts,
                           IndexEstimate* estimate) {
  const Predicate* narrowest = nullptr;
  for (const PredicatePtr& conjunct : conjuncts) {
    const auto found = EstimateOf(source, *conjunct);
    if (!found || (narrowest != nullptr && estimate->rows <= found->rows)) continue;
    narrowest = conjunct.get();
    *estimate = {found->rows, false};
  }
  return narrowest;
}

std::optional<IndexEstimate> EstimateOf(const Source& source, const Predicate& predicate) {
  if (predicate.index()) return source.EstimateIndex(*predicate.index());
  IndexEstimate estimate;
  if (const PredicateList* conjuncts = predicate.conjuncts()) {
    if (Narrowest(source, *conjuncts, &estimate) == nullptr) return std::nullopt;
    return estimate;
  }
  const PredicateList* disjuncts = predicate.disjuncts();
  if (disjuncts == nullptr) return std::nullopt;
  for (const PredicatePtr& disjunct : *disjuncts) {
    const auto found = EstimateOf(source, *disjunct);
    if (!found) return std::nullopt;
    estimate.rows += found->rows;
    estimate.whole = estimate.whole && found->whole;
  }
  return estimate;
}

// After an estimate.
Bitmap Ask(const Source& source, const Predicate& predicate) {
  if (predicate.index()) return source.AskIndex(*predicate.index());
  if (const PredicateList* conjuncts = predicate.conjuncts()) {
    IndexEstimate estimate;
    return Ask(source, *Narrowest(source, *conjuncts, &estimate));
  }
  Bitmap any;
  for (const PredicatePtr& disjunct : *predicate.disjuncts()) {
    Bitmap found = Ask(source, *disjunct);
    if (any.size() == 0) {
      any = std::move(found);
    } else {
      any.Or(found);
    }
  }
  return any;
}

// The blocks in which a predicate may be TRUE somewhere.
class BlockSkips {
 public:
  BlockSkips(const Source& source, const Predicate& predicate) {
    if (predicate.index()) test_ = source.TestBlocks(*predicate.index());
    const PredicateList* parts = predicate.conjuncts();
    any_ = parts == nullptr;
    if (any_) parts = predicate.disjuncts();
    if (parts == nullptr) return;
    for (const PredicatePtr& part : *parts) {
      BlockSkips skips(source, *part);
      if (skips.knows()) {
        parts_.push_back(std::move(skips));
      } else if (any_) {
        parts_.clear();  // of this part nothing is known, so neither of the whole
        return;
      }
    }
  }
  bool knows() const { return test_ != nullptr || !parts_.empty(); }
  bool MayPass(size_t first) const {
    if (test_ != nullptr) return test_->MayMatch(first);
    const auto may_pass = [first](const BlockSkips& part) { return part.MayPass(first); };
    return any_ ? std::any_of(parts_.begin(), parts_.end(), may_pass)
                : std::all_of(parts_.begin(), parts_.end(), may_pass);
  }

 private:
  std::unique_ptr<BlockTest> test_;
  std::vector<BlockSkips> parts_;
  bool any_ = false;
};

class BoundFilterEvaluation final : public Filter {
 public:
  BoundFilterEvaluation(std::string_view text, BoundFilter bound, const Schema& schema)
      : text_(text.substr(0, kTextKept)), bound_(std::move(bound)) {
    for (const ColumnSlot& slot : bound_.slots) {
      if (std::find(fields_.begin(), fields_.end(), slot.field) == fields_.end())
        fields_.push_back(slot.field);
    }
    const auto& index = bound_.root->index();
    if (!bound_.sample && index && index->kind == IndexPredicate::Kind::kIn) {
      const Field* field = schema.Find(index->field);
      if (field != nullptr && field->primary) keys_ = &index->values;
    }
  }

  Status Evaluate(const Context& context, const Source& source, Bitmap* passed) const override {
    const size_t rows = source.rows();
    if (passed->size() != rows) *passed = Bitmap(rows);
    if (const std::optional<bool> constant = bound_.root->constant()) {
      for (size_t w = 0; w < passed->words().size(); ++w)
        passed->words()[w] = *constant ? RowsOfWord(rows, w) : 0;
    } else {
      TRY(Scan(context, source, passed));
    }
    if (bound_.sample) KeepSample(*bound_.sample, passed);
    return {};
  }

  const std::vector<FieldId>& fields() const override { return fields_; }
  const std::vector<Value>* primary_keys() const override { return keys_; }
  bool always_true() const override {
    return !bound_.sample && bound_.root->constant().value_or(false);
  }

 private:
  // As the log of slow requests shows a predicate.
  std::string Shown(const Predicate& predicate) const {
    constexpr size_t kShownMax = 120;
    const Predicate::Place place = predicate.place();
    if (place.end == 0 || place.begin >= text_.size()) return "...";
    const std::string shown = text_.substr(place.begin, place.end - place.begin);
    return shown.size() <= kShownMax ? shown : shown.substr(0, kShownMax) + "...";
  }

  // Conjuncts that an index answers narrow the rows first, the narrowest at first; the rest is
  // evaluated block by block on what is left.
  Status Scan(const Context& context, const Source& source, Bitmap* passed) const {
    const size_t rows = source.rows();
    std::vector<const Predicate*> rest;
    Bitmap candidates = Narrow(source, context.profile(), &rest);
    if (rest.empty() || candidates.None()) {
      *passed = std::move(candidates);
      return {};
    }
    BlockReader block(source, bound_.slots);
    std::vector<BlockSkips> skips;
    for (const Predicate* predicate : rest) {
      BlockSkips skip(source, *predicate);
      if (skip.knows()) skips.push_back(std::move(skip));
    }
    Truth truth;
    BlockBits active{};
    size_t blocks = 0;
    struct Rows {
      uint64_t in = 0, out = 0;
    };
    std::vector<Rows> counted(context.profile() != nullptr ? rest.size() : 0);
    const auto count_active = [&active](size_t words) -> uint64_t {
      return CountBits(std::span<const uint64_t>(active).first(words));
    };
    for (size_t first = 0; first < rows; first = source.RunEnd(first)) {
      if (++blocks % 64 == 0) TRY(context.Check());
      const size_t count = source.RunEnd(first) - first;
      const size_t words = (count + 63) / 64;
      if (!std::all_of(skips.begin(), skips.end(),
                       [first](const BlockSkips& skip) { return skip.MayPass(first); })) {
        std::fill_n(passed->words().data() + first / 64, words, 0);
        continue;
      }
      std::copy_n(candidates.words().data() + first / 64, words, active.data());
      block.Start(first, count, &active);
      for (size_t i = 0; i < rest.size(); ++i) {
        if (std::all_of(active.begin(), active.begin() + words, [](uint64_t w) { return w == 0; }))
          break;
        if (!counted.empty()) counted[i].in += count_active(words);
        rest[i]->Evaluate(&block, active, &truth);
        for (size_t w = 0; w < words; ++w) active[w] &= truth.yes[w];
        if (!counted.empty()) counted[i].out += count_active(words);
      }
      std::copy_n(active.data(), words, passed->words().data() + first / 64);
    }
    for (size_t i = 0; i < counted.size(); ++i)
      context.profile()->AddPredicate(Shown(*rest[i]), false, counted[i].in, counted[i].out);
    return {};
  }

  // The rows that the indexes let through; `rest` is what they do not answer, or dearer than a look
  // at every row that is left.
  Bitmap Narrow(const Source& source, Profile* profile, std::vector<const Predicate*>* rest) const {
    std::vector<std::pair<IndexEstimate, const Predicate*>> indexed;
    const auto sort_out = [&](const Predicate& predicate) {
      if (const std::optional<IndexEstimate> found = EstimateOf(source, predicate)) {
        indexed.emplace_back(*found, &predicate);
      } else {
        rest->push_back(&predicate);
      }
    };
    if (const PredicateList* conjuncts = bound_.root->conjuncts()) {
      for (const PredicatePtr& conjunct : *conjuncts) sort_out(*conjunct);
    } else {
      sort_out(*bound_.root);
    }
    std::sort(indexed.begin(), indexed.end(),
              [](const auto& a, const auto& b) { return a.first.rows < b.first.rows; });
    size_t left = source.rows();
    Bitmap candidates;
    for (size_t i = 0; i < indexed.size(); ++i) {
      const auto [found, predicate] = indexed[i];
      const double row_cost = kIndexedRowCost + (found.whole ? 0 : predicate->cost());
      const bool asks = static_cast<double>(found.rows) * row_cost <
                        static_cast<double>(left) * predicate->cost();
      if (!asks || !found.whole) rest->push_back(predicate);
      if (!asks) continue;
      Bitmap matched = Ask(source, *predicate);
      if (profile != nullptr)
        profile->AddPredicate(Shown(*predicate), true, source.rows(), matched.Count());
      if (candidates.size() != 0) matched.And(candidates);
      candidates = std::move(matched);
      if (i + 1 < indexed.size()) left = candidates.Count();
    }
    std::sort(rest->begin(), rest->end(),
              [](const Predicate* a, const Predicate* b) { return a->cost() < b->cost(); });
    return candidates.size() != 0 ? std::move(candidates) : Bitmap(source.rows(), true);
  }

  // At least one of the matching rows, and about `share` of them.
  static void KeepSample(double share, Bitmap* passed) {
    std::vector<uint32_t> hits;
    hits.reserve(passed->Count());
    passed->ForEach([&](size_t row) { hits.push_back(static_cast<uint32_t>(row)); });
    const size_t kept =
        std::max<size_t>(static_cast<size_t>(static_cast<double>(hits.size()) * share), 1);
    std::minstd_rand random(std::random_device{}());
    for (size_t i = kept; i < hits.size(); ++i) {  // reservoir: hits[0, kept) is the sample
      const size_t j = std::uniform_int_distribution<size_t>(0, i)(random);
      const size_t loser = j < kept ? j : i;
      passed->Clear(hits[loser]);
      if (j < kept) hits[j] = hits[i];
    }
  }

  static constexpr size_t kTextKept = 2048;

  const std::string text_;  // its beginning
  BoundFilter bound_;
  std::vector<FieldId> fields_;
  const std::vector<Value>* keys_ = nullptr;
};

}  // namespace

Result<std::shared_ptr<const Filter>> Compile(std::string_view text, const Schema& schema,
                                              const TemplateValues& templates,
                                              const CompileOptions& options) {
  BoundFilter bound;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    bound.root = MakeConstant(true);
  } else {
    ParsedFilters nowhere(0);
    ParsedFilters* texts = options.parsed != nullptr ? options.parsed : &nowhere;
    const Result<std::shared_ptr<const ParsedFilter>> parsed = texts->Parse(text);
    if (!parsed.ok()) return CannotParse(text, parsed.status());
    bound = TRY(Bind((*parsed)->text, *(*parsed)->root, schema, templates, options));
  }
  return std::shared_ptr<const Filter>(
      std::make_shared<BoundFilterEvaluation>(text, std::move(bound), schema));
}

}  // namespace elanus::expr
