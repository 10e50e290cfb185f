#ifndef TIDEMILL_VERSION_H
#define TIDEMILL_VERSION_H

#define TIDE_VERSION "0.1.0"

#endif
