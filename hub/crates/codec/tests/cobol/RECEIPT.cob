      * Writes receipt.dat, records of changing length, and on its output what
      * it thinks is in it. National texts are the bytes that are given: CP932.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. RECEIPT.
       ENVIRONMENT DIVISION.
       INPUT-OUTPUT SECTION.
       FILE-CONTROL.
           SELECT RECEIPT-FILE ASSIGN TO "receipt.dat"
               ORGANIZATION IS SEQUENTIAL.
       DATA DIVISION.
       FILE SECTION.
       FD  RECEIPT-FILE
           RECORDING MODE IS V
           RECORD IS VARYING IN SIZE FROM 18 TO 318 CHARACTERS.
       COPY "RECEIPT.cpy".
       WORKING-STORAGE SECTION.
       01  I                    PIC 9(4) COMP-5.
       01  J                    PIC 9(4) COMP-5.
       01  SEED                 PIC 9(10) COMP-5 VALUE 20260105.
       01  E-WHOLE              PIC -(18)9.
       01  E-POINT              PIC -(16)9.99.
       PROCEDURE DIVISION.
       MAIN-PART.
           OPEN OUTPUT RECEIPT-FILE.
           PERFORM VARYING I FROM 1 BY 1 UNTIL I > 300
               PERFORM ONE-RECORD
           END-PERFORM.
           CLOSE RECEIPT-FILE.
           STOP RUN.
       NEXT-VALUE.
           COMPUTE SEED = FUNCTION MOD(SEED * 16807, 2147483647).
       ONE-RECORD.
           PERFORM NEXT-VALUE.
           COMPUTE LINE-COUNT = FUNCTION MOD(SEED, 21).
           IF FUNCTION MOD(SEED, 2) = 1
               MOVE NX"8ABF8E9A955C" TO STORE
           ELSE
               MOVE NX"8ABF8E9A955C8740" TO STORE
           END-IF.
           MOVE I TO RECEIPT-NO.
           MOVE RECEIPT-NO TO E-WHOLE.
           DISPLAY FUNCTION MOD(SEED, 2) ";" FUNCTION TRIM(E-WHOLE)
               WITH NO ADVANCING.
           MOVE LINE-COUNT TO E-WHOLE.
           DISPLAY ";" FUNCTION TRIM(E-WHOLE) WITH NO ADVANCING.
           PERFORM VARYING J FROM 1 BY 1 UNTIL J > LINE-COUNT
               PERFORM ONE-LINE
           END-PERFORM.
           DISPLAY " ".
           WRITE RECEIPT-REC.
       ONE-LINE.
           PERFORM NEXT-VALUE.
           MOVE "ITEM" TO ITEM(J).
           COMPUTE AMOUNT(J) = FUNCTION MOD(SEED, 999999999) / 100.
           IF FUNCTION MOD(SEED, 3) = 1
               COMPUTE AMOUNT(J) = 0 - AMOUNT(J)
           END-IF.
           COMPUTE QTY(J, 1) = FUNCTION MOD(SEED, 9999) - 5000.
           COMPUTE QTY(J, 2) = J.
           MOVE AMOUNT(J) TO E-POINT.
           DISPLAY ";" FUNCTION TRIM(ITEM(J)) ";"
               FUNCTION TRIM(E-POINT) WITH NO ADVANCING.
           MOVE QTY(J, 1) TO E-WHOLE.
           DISPLAY ";" FUNCTION TRIM(E-WHOLE) WITH NO ADVANCING.
           MOVE QTY(J, 2) TO E-WHOLE.
           DISPLAY ";" FUNCTION TRIM(E-WHOLE) WITH NO ADVANCING.
