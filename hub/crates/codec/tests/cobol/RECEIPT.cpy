      * A receipt as the program RECEIPT writes it: it ends with its lines.
       01  RECEIPT-REC.
           05  STORE            PIC N(4).
           05  RECEIPT-NO       PIC 9(8).
           05  LINE-COUNT       PIC 9(3) COMP-3.
           05  LINE-ITEM OCCURS 0 TO 20 TIMES DEPENDING ON LINE-COUNT.
               10  ITEM         PIC X(6).
               10  AMOUNT       PIC S9(7)V99 COMP-3.
               10  QTY          PIC S9(4) COMP OCCURS 2 TIMES.
