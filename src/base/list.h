/* list.h - an intrusive doubly linked list.
 *
 * The owner embeds struct list in its type; a list is a head node whose
 * neighbours are the members. Nothing here allocates. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define LIST_OWNER(node, type, member)                                         \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

#define LIST_FOREACH(it, head)                                                 \
	for (struct list *it = (head)->next; it != (head); it = it->next)
/* The body may remove `it`. */
#define LIST_FOREACH_SAFE(it, head)                                            \
	for (struct list *it = (head)->next, *it##_next = it->next;            \
	     it != (head); it = it##_next, it##_next = it->next)

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void
list_push_back(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* list_remove - take node off whatever list it is on; removing it again, or
 * a node that was only list_init'ed, does nothing. */
static inline void
list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* list_pop_front - the first node, removed; NULL when empty. */
static inline struct list *
list_pop_front(struct list *head)
{
	struct list *n = head->next;
	if (n == head)
		return NULL;
	list_remove(n);
	return n;
}

#endif
