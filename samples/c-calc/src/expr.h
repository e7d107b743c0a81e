/* An expression as a tree, and what evaluates it. */
#ifndef EXPR_H
#define EXPR_H

#include <stdbool.h>
#include <stddef.h>

enum kind { EXPR_NUMBER, EXPR_VARIABLE, EXPR_UNARY, EXPR_BINARY, EXPR_CALL };

#define MAX_ARGUMENTS 4
#define MAX_NAME 16

/* A function of the language: how it is called depends on how many arguments it takes. */
struct builtin {
    const char *name;
    unsigned arity : 3;
    unsigned is_angle : 1; /* its first argument is an angle */
    union {
        double (*nullary)(void);
        double (*unary)(double);
        double (*binary)(double, double);
    } call;
};

struct expr {
    enum kind kind;
    union {
        double number;
        char variable[MAX_NAME];
        struct {
            char op;
            struct expr *operand;
        } unary;
        struct {
            char op;
            struct expr *left, *right;
        } binary;
        struct {
            const struct builtin *function;
            struct expr *arguments[MAX_ARGUMENTS];
        } call;
    };
};

struct failure {
    size_t column; /* from 1; 0 where none is known */
    const char *message;
};

/* parse.c: NULL and a failure if `text` is no expression. */
struct expr *expr_parse(const char *text, struct failure *failure);
void expr_free(struct expr *expr);

/* eval.c */
bool expr_eval(const struct expr *expr, double *result, struct failure *failure);
void variable_set(const char *name, double value);
const struct builtin *builtin_find(const char *name, size_t length);

#endif
