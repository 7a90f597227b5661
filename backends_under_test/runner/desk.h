/* Where the answers of one worker are judged beside it: by a thread of its own, in the order in which they came, so that a
 * judgement that takes long keeps no worker waiting. */
#ifndef ASSAY_RUNNER_DESK_H
#define ASSAY_RUNNER_DESK_H

#include <glib.h>

typedef struct Desk Desk;

/* Takes what was put and frees it; called by the desk's thread. */
typedef void (*DeskWork)(gpointer answer, gpointer data);

/* `room`: how many answers may be unjudged at once, at least 1. */
Desk *desk_new(guint room, DeskWork work, gpointer data);

/* Waits until there is room for one more. */
void desk_await_room(Desk *desk);
/* Never more than there is room for. */
void desk_put(Desk *desk, gpointer answer);
/* Waits until everything that was put is judged. */
void desk_drain(Desk *desk);

/* Drains it first. NULL is allowed. */
void desk_free(Desk *desk);

#endif
