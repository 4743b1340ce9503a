/* The search checkpoint: one search under way, in a file.
 *
 * A search that is taken up again does what the one that was written would have done, to the last
 * number: the same rounds of the same states, so the same counts and the same counterexample. What
 * states consist of keeps its numbers (values, nodes of handler trees, runs of the state tree), and
 * what rounds depend on is as it was when the round began: which expansions, runs and outcomes were
 * known. Between rounds that is all there is; a round that was broken off is done again from its
 * beginning. What services answer is no part of it: that is worked out again where it is needed.
 *
 * The value store, the handler trees and the world's facts belong to the whole verification: see
 * checker/verify_checkpoint.h. */
#ifndef ONCECHECK_CHECKER_SEARCH_CHECKPOINT_H
#define ONCECHECK_CHECKER_SEARCH_CHECKPOINT_H

#include "checker/search.h"
#include "model/base/archive.h"

/* A round begins, or is over: search checkpoints are of this moment until the next. */
void search_checkpoint_mark(struct search *search);

/* False: in the round under way keys have got a form in which what was marked cannot be said. The
 * search has been offered for writing just before (search_options.checkpoint). */
bool search_checkpoint_possible(const struct search *search);

/* Write the search, which has to be possible, or read it into one that has just begun. */
void search_checkpoint_archive(struct search *search, struct archive *archive);

#endif
