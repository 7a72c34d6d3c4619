// SPDX-License-Identifier: BSD-2-Clause
/*
 * parse.c - the definitions of a FILE.x (RFC 4506 and 5531), or the line of what is beyond the
 * subset
 */
#include "rpcgen.h"
#include "take.h"

/* No frame has more. So a value in C has 16 KiB at most, all of it views, of which each has 4 bytes
 * on the wire and 16 in C; a handler's stack has 64 KiB. */
#define VALUE_BYTES_MAX 4096

/* --- types ------------------------------------------------------------------------------- */

static enum kind take_unsigned(void)
{
	if (take_word("hyper"))
		return KIND_UHYPER;
	(void)(take_word("int") || take_word("long"));
	return KIND_UINT;
}

static bool take_simple(struct decl *d)
{
	static const struct {
		const char *word;
		enum kind kind;
	} simple[] = {
		{ "int", KIND_INT }, { "long", KIND_INT }, { "hyper", KIND_HYPER },
		{ "float", KIND_FLOAT }, { "double", KIND_DOUBLE }, { "bool", KIND_BOOL },
		{ "string", KIND_STRING }, { "opaque", KIND_OPAQUE }, { "void", KIND_VOID },
	};

	if (take_word("unsigned")) {
		d->kind = take_unsigned();
		return true;
	}
	for (size_t i = 0; i < sizeof(simple) / sizeof(*simple); i++) {
		if (take_word(simple[i].word)) {
			d->kind = simple[i].kind;
			return true;
		}
	}
	return false;
}

static void refuse_beyond(void)
{
	static const char *const beyond[][2] = {
		{ "union", "unions" }, { "quadruple", "quadruple numbers" },
		{ "short", "short numbers, which XDR has not: say int" },
		{ "char", "characters, which XDR has not: say opaque or string" },
	};

	for (size_t i = 0; i < sizeof(beyond) / sizeof(*beyond); i++) {
		if (is_word(beyond[i][0]))
			refuse("no code is made for %s", beyond[i][1]);
	}
}

static void want_type(struct decl *d)
{
	const struct def *of;
	bool tagged;

	refuse_beyond();
	if (take_simple(d))
		return;
	tagged = take_word("struct") || take_word("enum");
	if (is_char('{'))
		refuse("a type without a name: define it by itself");
	of = lex.token == TOKEN_NAME ? find(lex.word) : NULL;
	if (!of || (of->kind != DEF_ENUM && of->kind != DEF_STRUCT && of->kind != DEF_TYPEDEF) ||
	    (tagged && of->kind == DEF_TYPEDEF))
		refuse("'%s' is no type that was defined before", seen());
	d->of = of;
	d->kind = of->kind == DEF_ENUM ? KIND_ENUM :
		  of->kind == DEF_STRUCT ? KIND_STRUCT : KIND_NAMED;
	lex_next();
}

static bool is_sized(enum kind kind)
{
	return kind == KIND_STRING || kind == KIND_OPAQUE;
}

/* <bound>, behind a name. */
static void take_bound(struct decl *d)
{
	if (!is_sized(d->kind))
		refuse("no code is made for arrays of a varying length: '%s'", d->name);
	d->bound = is_char('>') ? UINT32_MAX : want_number(0, UINT32_MAX);
	if (d->kind == KIND_OPAQUE)
		d->kind = KIND_BYTES;
	want_char('>');
}

static void take_array(struct decl *d)
{
	uint32_t n = want_number(1, VALUE_BYTES_MAX);

	if (d->kind == KIND_STRING)
		refuse("'%s': a string has a <length>", d->name);
	if (d->kind == KIND_OPAQUE)
		d->bound = n;
	else
		d->n = n;
	want_char(']');
}

static void refuse_size(const struct decl *d)
{
	if (type_least(d) > VALUE_BYTES_MAX)
		refuse("'%s' has more than %d bytes: no request has room for it", d->name,
		       VALUE_BYTES_MAX);
}

static void want_decl(struct decl *d)
{
	want_type(d);
	if (is_char('*'))
		refuse("no code is made for optional data (*)");
	if (d->kind == KIND_VOID)
		refuse("a value of type void");
	want_name(d->name);
	if (take_char('<'))
		take_bound(d);
	else if (take_char('['))
		take_array(d);
	else if (is_sized(d->kind))
		refuse("'%s' has no length", d->name);
	refuse_size(d);
}

/* --- definitions ------------------------------------------------------------------------- */

static void parse_const(void)
{
	struct def *d = add(DEF_CONST);

	want_char('=');
	d->number = want_number(INT32_MIN, UINT32_MAX);
	want_char(';');
	keep(d);
}

static void parse_enum(void)
{
	struct def *d = add(DEF_ENUM);
	struct value **at = &d->values;
	int64_t next = 0;

	want_char('{');
	do {
		struct value *v = allocate(sizeof(*v));

		want_new_name(v->name);
		for (const struct value *w = d->values; w; w = w->next)
			refuse_twice(w->name, v->name);
		if (take_char('='))
			next = want_number(INT32_MIN, INT32_MAX);
		if (next > INT32_MAX)
			refuse("'%s' would be %lld: it has no more than 32 bits", v->name,
			       (long long)next);
		v->number = next++;
		*at = v;
		at = &v->next;
	} while (take_char(','));
	want_char('}');
	want_char(';');
	keep(d);
}

static void parse_struct(void)
{
	struct def *d = add(DEF_STRUCT);
	struct decl all = { .kind = KIND_STRUCT, .of = d };
	struct field **at = &d->fields;

	want_char('{');
	do {
		struct field *f = allocate(sizeof(*f));

		want_decl(&f->decl);
		for (const struct field *g = d->fields; g; g = g->next)
			refuse_twice(g->decl.name, f->decl.name);
		want_char(';');
		*at = f;
		at = &f->next;
	} while (!take_char('}'));
	snprintf(all.name, sizeof(all.name), "%s", d->name);
	refuse_size(&all);
	want_char(';');
	keep(d);
}

static void parse_typedef(void)
{
	struct def *d = allocate(sizeof(*d));

	d->kind = DEF_TYPEDEF;
	want_decl(&d->decl);
	snprintf(d->name, sizeof(d->name), "%s", d->decl.name);
	if (find(d->name))
		refuse("'%s' is defined twice", d->name);
	want_char(';');
	keep(d);
}

/* An argument or a result: a type without a name. rpcgen allows a bare string there. */
static void want_passed(struct decl *d)
{
	want_type(d);
	if (is_char('*'))
		refuse("no code is made for optional data (*)");
	if (d->kind == KIND_OPAQUE)
		refuse("opaque data has no length here: give it a typedef");
	if (d->kind == KIND_STRING)
		d->bound = UINT32_MAX;
}

static struct proc *parse_proc(const struct version *v)
{
	struct proc *p = allocate(sizeof(*p));

	want_passed(&p->res);
	want_name(p->name);
	want_char('(');
	want_passed(&p->arg);
	if (is_char(','))
		refuse("no code is made for procedures of several arguments: make a struct of "
		       "them");
	if (lex.token == TOKEN_NAME) /* of the argument: of no use */
		lex_next();
	want_char(')');
	want_char('=');
	p->number = want_number(0, UINT32_MAX);
	if (!p->number)
		refuse("procedure 0 is answered already: it has no arguments and no results");
	for (const struct proc *q = v->procs; q; q = q->next) {
		refuse_twice(q->name, p->name);
		if (q->number == p->number)
			refuse("procedure %u is defined twice", p->number);
	}
	want_char(';');
	return p;
}

static struct version *parse_version(const struct def *program)
{
	struct version *v = allocate(sizeof(*v));
	struct proc **at = &v->procs;

	if (!take_word("version"))
		refuse("'version' is missing before '%s'", seen());
	want_name(v->name);
	want_char('{');
	do {
		*at = parse_proc(v);
		at = &(*at)->next;
	} while (!take_char('}'));
	want_char('=');
	v->number = want_number(0, UINT32_MAX);
	for (const struct version *w = program->versions; w; w = w->next) {
		if (w->number == v->number)
			refuse("version %u is defined twice", v->number);
	}
	want_char(';');
	return v;
}

static void parse_program(void)
{
	struct def *d = add(DEF_PROGRAM);
	struct version **at = &d->versions;

	want_char('{');
	do {
		*at = parse_version(d);
		at = &(*at)->next;
	} while (!take_char('}'));
	want_char('=');
	d->number = want_number(0, UINT32_MAX);
	want_char(';');
	keep(d);
}

static void parse_text(void)
{
	struct def *d = allocate(sizeof(*d));

	d->kind = DEF_TEXT;
	d->text = lex.text;
	lex_next();
	keep(d);
}

struct def *parse(void)
{
	static const struct {
		const char *word;
		void (*parse)(void);
	} kinds[] = {
		{ "const", parse_const }, { "enum", parse_enum }, { "struct", parse_struct },
		{ "typedef", parse_typedef }, { "program", parse_program },
	};

	lex_next();
	while (lex.token != TOKEN_END) {
		size_t i = 0, n = sizeof(kinds) / sizeof(*kinds);

		if (lex.token == TOKEN_TEXT) {
			parse_text();
			continue;
		}
		refuse_beyond();
		while (i < n && !is_word(kinds[i].word))
			i++;
		if (i == n)
			refuse("'%s' begins no definition", seen());
		lex_next();
		kinds[i].parse();
	}
	return definitions();
}
