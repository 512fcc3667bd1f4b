      * A sale as the program SALES writes it.
       01  SALES-REC.
           05  ITEM             PIC X(6).
           05  Z-PLAIN          PIC 9(5).
           05  Z-SIGNED         PIC S9(5).
           05  Z-POINT          PIC S9(5)V99.
           05  Z-LEADING        PIC S9(4) SIGN LEADING SEPARATE.
           05  Z-TRAILING       PIC S9(4) SIGN TRAILING SEPARATE.
           05  P-SIGNED         PIC S9(7)V99 COMP-3.
           05  P-PLAIN          PIC 9(4) COMP-3.
           05  P-LONG           PIC S9(18) COMP-3.
           05  B-HALF           PIC S9(4) COMP.
           05  B-FULL           PIC S9(7)V99 COMP.
           05  B-DOUBLE         PIC S9(18) COMP.
           05  B-PLAIN          PIC 9(4) COMP.
           05  N-FULL           PIC S9(9) COMP-5.
           05  N-PLAIN          PIC 9(4) COMP-5.
           05  LINE-ITEM OCCURS 3 TIMES.
               10  QTY          PIC S9(3) COMP-3.
           05  FILLER           PIC X(3).
