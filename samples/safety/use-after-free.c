// accepted
#include <stdlib.h>

char use(void) {
    char *bytes = malloc(3);
    bytes[0] = 1;
    free(bytes);
    return bytes[0];
}
