/* The pipeline of semantics.md for SPIN.
 *
 * Built with -DK= -DV= -DD= -DS= -DP= -DR= -DB= -DF= -DTOKEN=0|1 (semantics.md says what they are).
 * Work variables are hidden, so that they are no part of a state; -DALL_SHOWN keeps them in it, always
 * zero between steps, for searches that refuse hidden variables (breadth-first on several cores). */
#define M (K * V)
#define ALL ((1 << M) - 1)
#define INPUT_MAX ((M + S - 1) / S + D)
#define CHANGES_MAX (((K + P - 1) / P) * V)
#define ROWS_MAX ((M + R - 1) / R)

#if K * V <= 8
#define set byte
#else
#define set short
#endif

#ifdef ALL_SHOWN
#define work
#define whole short
#define CLEAR i = 0; bit_index = 0; trade = 0; version = 0; x = 0; y = 0
#else
#define work hidden
#define whole int
#define CLEAR skip
#endif

/* A shard's queue: the first `held` of `length` entries are the batch that its poller holds, `done`
 * says how far the invocation is. */
typedef input_shard { byte entry[INPUT_MAX]; byte length; byte held; byte done };
typedef change_shard { set entry[CHANGES_MAX]; byte length; byte held; byte done };
typedef row_shard { set entry[ROWS_MAX]; byte length; byte held; byte done };

set sent;
byte duplicates;
byte crashes;
input_shard input[S];
change_shard changes[P];
row_shard rows[R];
byte newest[K]; /* StateTable; 0: no item */
set row_table[M]; /* ReduceTable: a row by its lowest message */
#if TOKEN
set tokens[M];
#endif
set once;  /* counted at least once */
set twice; /* counted more than once */

work byte i, bit_index, trade, version;
work whole x, y;

inline check_quiet()
{
    x = 0;
    for (i : 0 .. S - 1) { x = x + input[i].length }
    for (i : 0 .. P - 1) { x = x + changes[i].length }
    for (i : 0 .. R - 1) { x = x + rows[i].length }
    assert(!(sent == ALL && x == 0) || once == ALL);
    CLEAR
}

inline acknowledge(shard, entries_max)
{
    for (i : 0 .. entries_max - 1) {
        if
        :: i + shard.held < entries_max -> shard.entry[i] = shard.entry[i + shard.held]
        :: else -> shard.entry[i] = 0
        fi
    };
    shard.length = shard.length - shard.held;
    shard.held = 0;
    shard.done = 0;
    check_quiet()
}

/* y := the union of the batch held; bit_index := its lowest message */
inline union_of(shard)
{
    y = 0;
    for (i : 0 .. shard.held - 1) { y = y | shard.entry[i] };
    bit_index = 0;
    do
    :: y & (1 << bit_index) -> break
    :: else -> bit_index++
    od
}

inline count_once()
{
    assert((once & y) == 0);
    twice = twice | (once & y);
    once = once | y
}

#define APPEND(shard, what) shard.entry[shard.length] = what; shard.length++

#define PUT(m) \
    :: d_step { !(sent & (1 << (m))) -> sent = sent | (1 << (m)); APPEND(input[(m) % S], (m) + 1) } \
    :: d_step { (sent & (1 << (m))) && duplicates < D -> duplicates++; APPEND(input[(m) % S], (m) + 1) }

#define POLL_OF(shard, n) :: d_step { shard.held == 0 && shard.length >= n -> shard.held = n }
#if B == 1
#define POLL(shard) POLL_OF(shard, 1)
#elif B == 2
#define POLL(shard) POLL_OF(shard, 1) POLL_OF(shard, 2)
#elif B == 3
#define POLL(shard) POLL_OF(shard, 1) POLL_OF(shard, 2) POLL_OF(shard, 3)
#else
#define POLL(shard) POLL_OF(shard, 1) POLL_OF(shard, 2) POLL_OF(shard, 3) POLL_OF(shard, 4)
#endif

#define CRASH(shard, running) :: d_step { running && crashes < F -> shard.done = 0; crashes++ }

active proctype generator()
{
end:
    do
    PUT(0)
#if K * V > 1
    PUT(1)
#endif
#if K * V > 2
    PUT(2)
#endif
#if K * V > 3
    PUT(3)
#endif
#if K * V > 4
    PUT(4)
#endif
#if K * V > 5
    PUT(5)
#endif
#if K * V > 6
    PUT(6)
#endif
#if K * V > 7
    PUT(7)
#endif
    od
}

/* Process numbers: the generator has 0, the pollers follow. */
#define IN input[_pid - 1]
active [S] proctype state_lambda()
{
end:
    do
    POLL(IN)
    :: d_step {
        IN.done < IN.held ->
        trade = (IN.entry[IN.done] - 1) / V;
        version = (IN.entry[IN.done] - 1) % V + 1;
        if
        :: newest[trade] < version ->
            y = ((1 << version) - (1 << newest[trade])) << (trade * V);
            newest[trade] = version;
            APPEND(changes[trade % P], y)
        :: else
        fi;
        IN.done++;
        CLEAR
    }
    :: d_step { IN.held > 0 && IN.done == IN.held -> acknowledge(IN, INPUT_MAX) }
    CRASH(IN, IN.held > 0)
    od
}

#define CHANGES changes[_pid - 1 - S]
active [P] proctype map_lambda()
{
end:
    do
    POLL(CHANGES)
    :: d_step {
        CHANGES.held > 0 && CHANGES.done == 0 ->
        union_of(CHANGES);
        if
        :: row_table[bit_index] != y ->
            row_table[bit_index] = y;
            APPEND(rows[bit_index % R], y)
        :: else
        fi;
        CHANGES.done = 1;
        CLEAR
    }
    :: d_step { CHANGES.done == 1 -> acknowledge(CHANGES, CHANGES_MAX) }
    CRASH(CHANGES, CHANGES.held > 0)
    od
}

#if R == 1
#define IDLE (rows[0].done == 0)
#elif R == 2
#define IDLE (rows[0].done == 0 && rows[1].done == 0)
#else
#define IDLE (rows[0].done == 0 && rows[1].done == 0 && rows[2].done == 0)
#endif

#define ROWS rows[_pid - 1 - S - P]
active [R] proctype reduce_lambda()
{
end:
    do
    POLL(ROWS)
    :: d_step { ROWS.held > 0 && IDLE -> ROWS.done = 1 }
    :: d_step {
        ROWS.done == 1 ->
        union_of(ROWS);
#if TOKEN
        if
        :: tokens[bit_index] != y -> tokens[bit_index] = y; count_once()
        :: else
        fi;
#else
        count_once();
#endif
        ROWS.done = 2;
        CLEAR
    }
    :: d_step { ROWS.done == 2 -> acknowledge(ROWS, ROWS_MAX) }
    CRASH(ROWS, ROWS.done > 0)
    od
}
