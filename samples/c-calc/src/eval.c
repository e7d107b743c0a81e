/* Walks the tree. The functions of the language are reached through a table of pointers only. */
#include "expr.h"

#include <math.h>
#include <string.h>

#define MAX_VARIABLES 64
#define DEGREE (3.14159265358979323846 / 180.0)

struct variable {
    char name[MAX_NAME];
    double value;
};

static struct variable variables[MAX_VARIABLES];
static size_t variable_count;

/* log2(n!) for n up to 255, so that binomials need no loop. */
#include "log2_factorial.h"

static unsigned long long random_state = 88172645463325252ull;

static double random_unit(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / 9007199254740992.0;
}

static double factorial(double n)
{
    return n >= 0 && n < 256 && n == floor(n) ? round(exp2(log2_factorial[(int)n])) : NAN;
}

static double choose(double n, double k)
{
    if (!(n >= 0 && n < 256 && k >= 0 && k <= n && n == floor(n) && k == floor(k)))
        return NAN;
    return round(exp2(log2_factorial[(int)n] - log2_factorial[(int)k] - log2_factorial[(int)(n - k)]));
}

static const struct builtin builtins[] = {
    {"abs", 1, 0, {.unary = fabs}},
    {"atan2", 2, 0, {.binary = atan2}},
    {"choose", 2, 0, {.binary = choose}},
    {"cos", 1, 1, {.unary = cos}},
    {"exp", 1, 0, {.unary = exp}},
    {"factorial", 1, 0, {.unary = factorial}},
    {"floor", 1, 0, {.unary = floor}},
    {"hypot", 2, 0, {.binary = hypot}},
    {"ln", 1, 0, {.unary = log}},
    {"max", 2, 0, {.binary = fmax}},
    {"min", 2, 0, {.binary = fmin}},
    {"random", 0, 0, {.nullary = random_unit}},
    {"sin", 1, 1, {.unary = sin}},
    {"sqrt", 1, 0, {.unary = sqrt}},
    {"tan", 1, 1, {.unary = tan}},
};

const struct builtin *builtin_find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (strlen(builtins[i].name) == length && !memcmp(builtins[i].name, name, length))
            return &builtins[i];
    return NULL;
}

static struct variable *find(const char *name)
{
    for (size_t i = 0; i < variable_count; i++)
        if (!strcmp(variables[i].name, name))
            return &variables[i];
    return NULL;
}

void variable_set(const char *name, double value)
{
    struct variable *variable = find(name);
    if (!variable && variable_count < MAX_VARIABLES) {
        variable = &variables[variable_count++];
        strncpy(variable->name, name, MAX_NAME - 1);
    }
    if (variable)
        variable->value = value;
}

static bool fail(struct failure *failure, const char *message)
{
    failure->column = 0;
    failure->message = message;
    return false;
}

static bool call(const struct expr *expr, double *result, struct failure *failure)
{
    const struct builtin *function = expr->call.function;
    double arguments[MAX_ARGUMENTS];
    for (unsigned i = 0; i < function->arity; i++)
        if (!expr_eval(expr->call.arguments[i], &arguments[i], failure))
            return false;
    if (function->is_angle)
        arguments[0] *= DEGREE;
    switch (function->arity) {
    case 0:
        *result = function->call.nullary();
        return true;
    case 1:
        *result = function->call.unary(arguments[0]);
        return true;
    default:
        *result = function->call.binary(arguments[0], arguments[1]);
        return true;
    }
}

bool expr_eval(const struct expr *expr, double *result, struct failure *failure)
{
    double left, right;
    struct variable *variable;
    switch (expr->kind) {
    case EXPR_NUMBER:
        *result = expr->number;
        return true;
    case EXPR_VARIABLE:
        if (!(variable = find(expr->variable)))
            return fail(failure, "a variable has no value yet");
        *result = variable->value;
        return true;
    case EXPR_UNARY:
        if (!expr_eval(expr->unary.operand, &left, failure))
            return false;
        *result = -left;
        return true;
    case EXPR_CALL:
        return call(expr, result, failure);
    case EXPR_BINARY:
        break;
    }
    if (!expr_eval(expr->binary.left, &left, failure) || !expr_eval(expr->binary.right, &right, failure))
        return false;
    switch (expr->binary.op) {
    case '+':
        *result = left + right;
        return true;
    case '-':
        *result = left - right;
        return true;
    case '*':
        *result = left * right;
        return true;
    case '^':
        *result = pow(left, right);
        return true;
    default:
        if (right == 0)
            return fail(failure, "division by zero");
        *result = expr->binary.op == '/' ? left / right : fmod(left, right);
        return true;
    }
}
