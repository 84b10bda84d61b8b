/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_REWRITE_H
#define KINC_WRAPPER_REWRITE_H

#include <stdbool.h>

#include "facts.h"
#include "json_span.h"
#include "report.h"
#include "splice.h"

/*
 * One spec on its way through the rules. A rule looks at doc and facts and
 * nothing else, and either edits, with a word in the report, or refuses by
 * returning a negative errno with a sentence for the pod's owner.
 */
struct rewrite {
	const struct kinc_span_doc *doc;
	const struct facts *facts;
	struct splice splice;
	struct report report;
	bool process_is_alone;	  /* SPEC_PROCESS */
	const char *process_path; /* "process.", or "" where it is alone */
	uint32_t process;	  /* its node, or KINC_SPAN_NONE */
	uint32_t linux_node;	  /* the member "linux", or KINC_SPAN_NONE */
	/*
	 * The container has a user namespace of its own: capabilities are full
	 * and ids mapped there, whatever is true here.
	 */
	bool own_userns;
};

struct rule {
	const char *name;
	const char *summary;
	int (*apply)(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
};

/* The rules in their order, ended by a NULL name. */
extern const struct rule rules[];

enum spec_kind {
	SPEC_CONFIG,  /* a bundle's config.json */
	SPEC_PROCESS, /* what `exec --process` takes: a process object alone */
};

/*
 * Applies all rules. own_userns is looked up in the spec itself for
 * SPEC_CONFIG, where the argument is not used. The rewrite is released by
 * rewrite_release, also after a failure.
 */
int rewrite_spec(struct rewrite *rewrite, const struct kinc_span_doc *doc, enum spec_kind kind,
		 const struct facts *facts, bool own_userns, struct kinc_error *err);
void rewrite_release(struct rewrite *rewrite);

/* An array's or object's first child and the one after: KINC_SPAN_NONE behind the last. */
static inline uint32_t rewrite_first(const struct rewrite *rewrite, uint32_t node)
{
	return node == KINC_SPAN_NONE ? KINC_SPAN_NONE : rewrite->doc->nodes[node].child;
}

static inline uint32_t rewrite_next(const struct rewrite *rewrite, uint32_t node)
{
	return rewrite->doc->nodes[node].next;
}

/* Does this config ask for a user namespace, a new one or one that exists? */
int rewrite_own_userns(const struct kinc_span_doc *doc, bool *ret_own, struct kinc_error *err);

/*
 * Follows member names separated by '/'. *ret_node is KINC_SPAN_NONE when one
 * is missing; one that is given twice is EINVAL, because crun and kinc-crun
 * could then read different ones.
 */
int rewrite_find(const struct rewrite *rewrite, uint32_t from, const char *names,
		 uint32_t *ret_node, struct kinc_error *err);

/*
 * An edit with its word in the report: value replaced by the JSON text `to`, or
 * removed when that is NULL. path_format and its arguments, among them the
 * reason, are joined: "PATH|REASON".
 */
int rewrite_edit(struct rewrite *rewrite, const struct rule *rule, uint32_t node, const char *to,
		 struct kinc_error *err, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* A word in the report alone, for an edit made of several splices. */
int rewrite_report(struct rewrite *rewrite, const struct rule *rule, const char *from,
		   const char *to, struct kinc_error *err, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

int rule_oom_score(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_user(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_groups(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_capabilities(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_limits(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_resources(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_devices(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_seccomp(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_apparmor(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);
int rule_selinux(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err);

#endif
