/* Recursive descent from text to tree. */
#include "expr.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 200

struct parser {
    const char *start, *at;
    struct failure *failure;
    int depth;
};

static struct expr *sum(struct parser *p);

static void skip_space(const char **at)
{
    while (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n')
        ++*at;
}

static struct expr *fail(struct parser *p, const char *message)
{
    if (!p->failure->message) {
        p->failure->column = (size_t)(p->at - p->start) + 1;
        p->failure->message = message;
    }
    return NULL;
}

static struct expr *make(struct parser *p, enum kind kind)
{
    struct expr *expr = calloc(1, sizeof *expr);
    if (!expr)
        return fail(p, "out of memory");
    expr->kind = kind;
    return expr;
}

static bool accept(struct parser *p, char c)
{
    skip_space(&p->at);
    if (*p->at != c)
        return false;
    ++p->at;
    return true;
}

static struct expr *call(struct parser *p, const struct builtin *function)
{
    struct expr *expr = make(p, EXPR_CALL);
    if (!expr)
        return NULL;
    expr->call.function = function;
    for (unsigned i = 0; i < function->arity; i++) {
        if (i > 0 && !accept(p, ',')) {
            fail(p, "expected another argument");
            goto out;
        }
        if (!(expr->call.arguments[i] = sum(p)))
            goto out;
    }
    if (accept(p, ')'))
        return expr;
    fail(p, "expected ) after the arguments");
out:
    expr_free(expr);
    return NULL;
}

static struct expr *name(struct parser *p)
{
    const char *start = p->at;
    while (isalnum((unsigned char)*p->at) || *p->at == '_')
        ++p->at;
    size_t length = (size_t)(p->at - start);
    if (accept(p, '(')) {
        const struct builtin *function = builtin_find(start, length);
        return function ? call(p, function) : fail(p, "no such function");
    }
    if (length >= MAX_NAME)
        return fail(p, "this name is too long");
    struct expr *expr = make(p, EXPR_VARIABLE);
    if (expr)
        memcpy(expr->variable, start, length);
    return expr;
}

static struct expr *atom(struct parser *p)
{
    skip_space(&p->at);
    if (accept(p, '(')) {
        struct expr *inner = sum(p);
        if (inner && !accept(p, ')')) {
            expr_free(inner);
            return fail(p, "expected )");
        }
        return inner;
    }
    if (isalpha((unsigned char)*p->at) || *p->at == '_')
        return name(p);
    char *end;
    double number = strtod(p->at, &end);
    if (end == p->at)
        return fail(p, *p->at ? "expected a number, a name or (" : "the expression ends too early");
    struct expr *expr = make(p, EXPR_NUMBER);
    if (expr)
        expr->number = number;
    p->at = end;
    return expr;
}

static struct expr *unary(struct parser *p)
{
    if (++p->depth > MAX_DEPTH)
        return fail(p, "nested too deeply");
    struct expr *expr = NULL;
    if (accept(p, '-')) {
        struct expr *operand = unary(p);
        if (operand && (expr = make(p, EXPR_UNARY))) {
            expr->unary.op = '-';
            expr->unary.operand = operand;
        }
    } else {
        expr = atom(p);
    }
    --p->depth;
    return expr;
}

static struct expr *binary(struct parser *p, const char *ops, struct expr *(*next)(struct parser *))
{
    struct expr *left = next(p);
    while (left) {
        skip_space(&p->at);
        if (!*p->at || !strchr(ops, *p->at))
            break;
        char op = *p->at++;
        struct expr *right = next(p);
        struct expr *expr = right ? make(p, EXPR_BINARY) : NULL;
        if (!expr) {
            expr_free(left);
            expr_free(right);
            return NULL;
        }
        expr->binary.op = op;
        expr->binary.left = left;
        expr->binary.right = right;
        left = expr;
    }
    return left;
}

static struct expr *power(struct parser *p) { return binary(p, "^", unary); }
static struct expr *product(struct parser *p) { return binary(p, "*/%", power); }
static struct expr *sum(struct parser *p) { return binary(p, "+-", product); }

struct expr *expr_parse(const char *text, struct failure *failure)
{
    struct parser p = {.start = text, .at = text, .failure = failure};
    struct expr *expr = sum(&p);
    skip_space(&p.at);
    if (expr && *p.at) {
        expr_free(expr);
        return fail(&p, "expected the end");
    }
    return expr;
}

void expr_free(struct expr *expr)
{
    if (!expr)
        return;
    switch (expr->kind) {
    case EXPR_NUMBER:
    case EXPR_VARIABLE:
        break;
    case EXPR_UNARY:
        expr_free(expr->unary.operand);
        break;
    case EXPR_BINARY:
        expr_free(expr->binary.left);
        expr_free(expr->binary.right);
        break;
    case EXPR_CALL:
        for (unsigned i = 0; i < MAX_ARGUMENTS; i++)
            expr_free(expr->call.arguments[i]);
        break;
    }
    free(expr);
}
